/*
 * Who may do what: from a peer's uid and groups, as the kernel tells them, to a role. Groups are those that the
 * peer's process really has (SO_PEERGROUPS), hence no user data base is asked when a client connects; names in
 * the rules are looked up once, when the rules are set. Deciding is pure; acl_resolve() may block.
 */
#ifndef BLYNKD_API_ACL_H
#define BLYNKD_API_ACL_H

#include "blynkd/api/server.h"

#include <sys/types.h>

#define ACL_GROUPS_MAX 64 /* of one peer; more are not looked at */

struct acl_rule {
    bool is_group;
    enum api_role role;
    unsigned id; /* uid or gid */
};

struct acl {
    uid_t own_uid;
    gid_t socket_gid; /* its members are writers */
    struct acl_rule rules[API_RULES_MAX];
    size_t rule_count;
    bool is_read_only; /* everybody is a reader */
};

struct acl_peer {
    pid_t pid;
    uid_t uid;
    gid_t gid;
    gid_t groups[ACL_GROUPS_MAX];
    size_t group_count;
};

/*
 * A rule that names the user decides; then root and the daemon's own user are admin; then the highest role that
 * a rule gives to one of the peer's groups; then the socket's group makes a writer; everyone else is a reader.
 */
enum api_role acl_role(const struct acl *acl, const struct acl_peer *peer);

struct acl_missing {
    size_t count;
    char names[API_RULES_MAX + 1][API_NAME_MAX];
};

/* Looks up the names. A rule whose name is not known is left out and told in `missing`; an unknown socket group
 * leaves the daemon's own. May block; touches nothing but its arguments, therefore fit for a worker thread. */
void acl_resolve(struct acl *acl, const struct api_config *config, struct acl_missing *missing);

/* By name or number. 0 or -ENOENT. May block. */
int acl_find_group(const char *name, gid_t *gid);

/* What the kernel knows of the other end of a connected Unix socket. 0 or a negative errno. */
int acl_peer_of(int fd, struct acl_peer *peer);

#endif
