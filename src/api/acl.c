#include "acl.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59 /* Linux 4.13; older C libraries do not name it */
#endif

#define NSS_BYTES 16384 /* members of a large group need room */

static const char *const role_names[] = {
#define API_WORD(name, word) [name] = (word),
    API_ROLES(API_WORD)
#undef API_WORD
};

const char *api_role_name(enum api_role role)
{
    return role_names[role];
}

int api_role_parse(const char *word, enum api_role *role)
{
    for (size_t i = 0; i < sizeof(role_names) / sizeof(role_names[0]); i++) {
        if (strcasecmp(word, role_names[i]) == 0) {
            *role = (enum api_role)i;
            return 0;
        }
    }
    return -EINVAL;
}

static bool has_group(const struct acl_peer *peer, unsigned gid)
{
    if (peer->gid == gid) {
        return true;
    }
    for (size_t i = 0; i < peer->group_count; i++) {
        if (peer->groups[i] == gid) {
            return true;
        }
    }
    return false;
}

static const struct acl_rule *user_rule(const struct acl *acl, uid_t uid)
{
    for (size_t i = 0; i < acl->rule_count; i++) {
        if (!acl->rules[i].is_group && acl->rules[i].id == uid) {
            return &acl->rules[i];
        }
    }
    return NULL;
}

static const struct acl_rule *best_group_rule(const struct acl *acl, const struct acl_peer *peer)
{
    const struct acl_rule *best = NULL;

    for (size_t i = 0; i < acl->rule_count; i++) {
        const struct acl_rule *rule = &acl->rules[i];
        if (rule->is_group && has_group(peer, rule->id) && (!best || rule->role > best->role)) {
            best = rule;
        }
    }
    return best;
}

enum api_role acl_role(const struct acl *acl, const struct acl_peer *peer)
{
    const struct acl_rule *rule = user_rule(acl, peer->uid);

    if (acl->is_read_only) {
        return API_READER;
    }
    if (rule) {
        return rule->role;
    }
    if (peer->uid == 0 || peer->uid == acl->own_uid) {
        return API_ADMIN;
    }
    rule = best_group_rule(acl, peer);
    if (rule) {
        return rule->role;
    }
    return has_group(peer, acl->socket_gid) ? API_WRITER : API_READER;
}

/* A name of digits only. */
static bool numeric(const char *name, unsigned *id)
{
    char *end;

    if (*name < '0' || *name > '9') {
        return false;
    }
    errno = 0;
    unsigned long value = strtoul(name, &end, 10);
    if (*end || errno || value >= UINT32_MAX) {
        return false;
    }
    *id = (unsigned)value;
    return true;
}

int acl_find_group(const char *name, gid_t *gid)
{
    char bytes[NSS_BYTES];
    struct group group;
    struct group *found = NULL;

    if (numeric(name, gid)) {
        return 0;
    }
    if (getgrnam_r(name, &group, bytes, sizeof(bytes), &found) || !found) {
        return -ENOENT;
    }
    *gid = group.gr_gid;
    return 0;
}

static int find_user(const char *name, uid_t *uid)
{
    char bytes[NSS_BYTES];
    struct passwd user;
    struct passwd *found = NULL;

    if (numeric(name, uid)) {
        return 0;
    }
    if (getpwnam_r(name, &user, bytes, sizeof(bytes), &found) || !found) {
        return -ENOENT;
    }
    *uid = user.pw_uid;
    return 0;
}

static void miss(struct acl_missing *missing, const char *name)
{
    snprintf(missing->names[missing->count++], API_NAME_MAX, "%s", name);
}

void acl_resolve(struct acl *acl, const struct api_config *config, struct acl_missing *missing)
{
    missing->count = 0;
    acl->own_uid = geteuid();
    acl->socket_gid = getegid();
    if (config->socket_group[0] && acl_find_group(config->socket_group, &acl->socket_gid)) {
        miss(missing, config->socket_group);
    }
    acl->is_read_only = config->is_read_only;
    acl->rule_count = 0;
    for (size_t i = 0; i < config->rule_count && i < API_RULES_MAX; i++) {
        const struct api_role_rule *rule = &config->rules[i];
        struct acl_rule *to = &acl->rules[acl->rule_count];
        *to = (struct acl_rule){.is_group = rule->is_group, .role = rule->role};
        int error = rule->is_group ? acl_find_group(rule->name, &to->id) : find_user(rule->name, &to->id);
        if (error) {
            miss(missing, rule->name);
        } else {
            acl->rule_count++;
        }
    }
}

int acl_peer_of(int fd, struct acl_peer *peer)
{
    struct ucred credentials;
    socklen_t bytes = sizeof(credentials);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &bytes)) {
        return -errno;
    }
    peer->pid = credentials.pid;
    peer->uid = credentials.uid;
    peer->gid = credentials.gid;
    peer->group_count = 0;
    /* More groups than fit (ERANGE), or an old kernel: the primary group alone must do. */
    bytes = sizeof(peer->groups);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, peer->groups, &bytes) == 0) {
        peer->group_count = bytes / sizeof(peer->groups[0]);
    }
    return 0;
}
