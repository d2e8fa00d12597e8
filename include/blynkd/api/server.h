/*
 * The local interface: a Unix stream socket that speaks RESP (design/local-api.md). The server owns its socket,
 * its clients and their buffers, all bounded, and asks the bridge for everything else. It never blocks the loop,
 * never keeps a pin's value itself, and never lets one slow client hold up another.
 *
 * Order of life: create, listen, (configure ...), close, then destroy. The bridge has no way to forget a
 * listener, therefore the closed server must stay in memory until the bridge tells nothing any more:
 * api_server_destroy() comes after the bridge's on_stopped (or after bridge_destroy()).
 */
#ifndef BLYNKD_API_SERVER_H
#define BLYNKD_API_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct api_server;
struct bridge;
struct sched;
struct uv_loop_s;

/* Each role may do what those above it in this list may. */
#define API_ROLES(X)                                                                                         \
    X(API_READER, "reader")                                                                                  \
    X(API_WRITER, "writer")                                                                                  \
    X(API_ADMIN, "admin")

enum api_role {
#define API_ENUM(name, word) name,
    API_ROLES(API_ENUM)
#undef API_ENUM
};

/* -EINVAL: not one of the words above (case matters not). */
int api_role_parse(const char *word, enum api_role *role);
const char *api_role_name(enum api_role role);

#define API_NAME_MAX  64 /* bytes of a user's or group's name, with the zero */
#define API_RULES_MAX 32
#define API_PATH_MAX  108 /* sun_path of a Unix socket, with the zero */

/* "This user, or this group's members, have that role." A name of digits only is a uid or gid. */
struct api_role_rule {
    bool is_group;
    char name[API_NAME_MAX];
    enum api_role role;
};

struct api_config {
    char socket_path[API_PATH_MAX];  /* not used when listen_fd >= 0 */
    unsigned socket_mode;            /* permission bits: 0660 */
    char socket_group[API_NAME_MAX]; /* "": the group that the daemon runs with */
    int listen_fd;                   /* a listening socket that was passed in (socket activation), or -1; the
                                           server owns it from api_server_listen() on */
    struct api_role_rule rules[API_RULES_MAX];
    size_t rule_count;
    bool is_read_only;          /* everybody is a reader, whatever the rules say */
    size_t reply_max_bytes;     /* replies that wait for one client: 1 MiB */
    size_t published_max_bytes; /* published messages that wait for one client: 256 KiB */
    unsigned max_clients;       /* 256 */
};

/* The defaults named above; no path, listen_fd -1, no rules. */
void api_config_init(struct api_config *config);

/* Looks up the names of groups and users (may block: before the loop runs). NULL: no memory, or the bridge has
 * no place for one more listener. */
struct api_server *api_server_create(struct uv_loop_s *loop, struct sched *sched, struct bridge *bridge,
                                     const struct api_config *config);

/*
 * Makes the socket (or takes over listen_fd) and accepts clients. On failure `why` holds one sentence for people
 * that says what to do. -EADDRINUSE: another program answers there; -EEXIST: the path is something else than a
 * socket; -ENAMETOOLONG; other negative errno of bind(), chown(), chmod().
 * A dead socket left over at the path is replaced. SIGPIPE must be ignored by the program: clients may go at any
 * time.
 */
int api_server_listen(struct api_server *server, char *why, size_t why_bytes);

/*
 * Takes new limits and rules; clients stay connected and get the roles that the new rules give them. Names are
 * looked up in a worker thread, so rules change a moment after the call. Mode and group of the socket follow as
 * well. True: path or listen_fd differ, which only a restart of the daemon can change; the old ones stay.
 */
bool api_server_configure(struct api_server *server, const struct api_config *config);

/* Ends all clients (what is ready for them is still tried once), removes the socket. `on_closed` fires once per
 * server, from the loop; further calls do nothing. */
void api_server_close(struct api_server *server, void (*on_closed)(void *arg), void *arg);

/* Only after on_closed, or if api_server_listen() was never called; see above. NULL is allowed. */
void api_server_destroy(struct api_server *server);

struct api_stats {
    size_t clients;           /* connected now */
    size_t waiting;           /* of them, in a command that waits for an answer */
    size_t subscribed;        /* of them, with a subscription */
    uint64_t connections;     /* accepted since start */
    uint64_t rejected;        /* turned away: too many clients */
    uint64_t commands;        /* executed, refused ones included */
    uint64_t errors;          /* error replies */
    uint64_t denied;          /* of them, for want of rights */
    uint64_t protocol_errors; /* connections closed for what they sent */
    uint64_t slow;            /* connections closed because they did not read */
    uint64_t published;       /* messages put to subscribers */
    uint64_t bytes_in;
    uint64_t bytes_out;
};
struct api_stats api_server_stats(const struct api_server *server);

#endif
