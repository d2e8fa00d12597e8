#include "listener.h"

#include "acl.h"
#include "blynkd/base/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 511 /* many clients starting in the same second (facts/feasibility.md, 6) */

static int explain(char *why, size_t why_bytes, int error, const char *path, const char *advice)
{
    snprintf(why, why_bytes, "%s: %s%s%s", path, strerror(-error), *advice ? "; " : "", advice);
    return error;
}

static struct sockaddr_un address_of(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    memcpy(address.sun_path, path, strlen(path) + 1);
    return address;
}

static int new_socket(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    return fd < 0 ? -errno : fd;
}

/* A full backlog (EAGAIN) is somebody who listens, too. */
static bool somebody_answers(const char *path)
{
    struct sockaddr_un address = address_of(path);
    int fd = new_socket();

    if (fd < 0) {
        return true;
    }
    bool answers = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 || errno == EAGAIN;
    close(fd);
    return answers;
}

/* Clears the way for bind(): only a socket on which nobody listens goes. */
static int remove_stale(const char *path, char *why, size_t why_bytes)
{
    struct stat status;

    if (lstat(path, &status)) {
        return errno == ENOENT ? 0
                               : explain(why, why_bytes, -errno, path, "check the directory and its rights");
    }
    if (!S_ISSOCK(status.st_mode)) {
        return explain(why, why_bytes, -EEXIST, path, "it is not a socket: move it away or set another path");
    }
    if (somebody_answers(path)) {
        return explain(why, why_bytes, -EADDRINUSE, path,
                       "another program listens there: is blynkd running already?");
    }
    if (unlink(path) && errno != ENOENT) {
        return explain(why, why_bytes, -errno, path, "the socket left over there cannot be removed");
    }
    log_info("api", "removed %s, left over from a run that did not end cleanly", path);
    return 0;
}

/* Nobody but the owner may connect between bind() and the final rights, hence the umask. */
static int bind_private(int fd, const char *path)
{
    struct sockaddr_un address = address_of(path);
    mode_t before = umask(0177);
    int error = bind(fd, (struct sockaddr *)&address, sizeof(address)) ? -errno : 0;

    umask(before);
    return error;
}

static int set_access(const char *path, unsigned mode, gid_t group)
{
    struct stat status;

    if (lstat(path, &status)) {
        return -errno;
    }
    if (status.st_gid != group && chown(path, (uid_t)-1, group)) {
        return -errno;
    }
    return chmod(path, (mode_t)(mode & 0777)) ? -errno : 0;
}

static int prepare_path(struct listener *listener, int fd, const struct api_config *config, char *why,
                        size_t why_bytes)
{
    const char *path = config->socket_path;
    struct stat status;
    int error = bind_private(fd, path);

    if (error) {
        return explain(why, why_bytes, error, path,
                       "does the directory exist, and may this user write there?");
    }
    listener->owns_path = true;
    snprintf(listener->path, sizeof(listener->path), "%s", path);
    if (lstat(path, &status) == 0) {
        listener->device = status.st_dev;
        listener->inode = status.st_ino;
    }
    error = set_access(path, config->socket_mode, listener->group);
    if (error) {
        return explain(why, why_bytes, error, path,
                       "the daemon's user must be a member of the socket's group");
    }
    return 0;
}

static int make_socket(struct listener *listener, const struct api_config *config, char *why,
                       size_t why_bytes)
{
    const char *path = config->socket_path;

    if (!path[0] || strnlen(path, API_PATH_MAX) >= API_PATH_MAX) {
        return explain(why, why_bytes, path[0] ? -ENAMETOOLONG : -EINVAL, "the socket's path",
                       "it has 1 to 107 bytes");
    }
    listener->group = getegid();
    if (config->socket_group[0] && acl_find_group(config->socket_group, &listener->group)) {
        /* Nobody gets in who should not, and the link works: no reason to stay down. */
        log_warning("api",
                    "[socket] group: there is no group \"%s\" on this host: only this user and root can "
                    "use the socket; make it (addgroup --system %s) and start again",
                    config->socket_group, config->socket_group);
    }
    int error = remove_stale(path, why, why_bytes);
    if (error) {
        return error;
    }
    int fd = new_socket();
    if (fd < 0) {
        return explain(why, why_bytes, fd, path, "");
    }
    error = prepare_path(listener, fd, config, why, why_bytes);
    if (error) {
        close(fd);
        return error;
    }
    return fd;
}

static int take_socket(struct listener *listener, int fd, char *why, size_t why_bytes)
{
    struct sockaddr_un address = {0};
    socklen_t bytes = sizeof(address);
    struct stat status;

    if (getsockname(fd, (struct sockaddr *)&address, &bytes) || address.sun_family != AF_UNIX) {
        return explain(why, why_bytes, -EINVAL, "the passed socket", "it must be a Unix stream socket");
    }
    listener->group = getegid();
    if (bytes > offsetof(struct sockaddr_un, sun_path) && address.sun_path[0]) {
        snprintf(listener->path, sizeof(listener->path), "%.*s", API_PATH_MAX - 1, address.sun_path);
        if (stat(listener->path, &status) == 0) {
            listener->group = status.st_gid;
        }
    }
    return fd;
}

static void remove_path(struct listener *listener)
{
    struct stat status;

    if (listener->owns_path && lstat(listener->path, &status) == 0 && status.st_dev == listener->device &&
        status.st_ino == listener->inode) {
        unlink(listener->path);
    }
    listener->owns_path = false;
}

int listener_open(struct listener *listener, uv_loop_t *loop, const struct api_config *config,
                  uv_connection_cb on_connection, void *data, char *why, size_t why_bytes)
{
    *listener = (struct listener){0};
    int fd = config->listen_fd >= 0 ? take_socket(listener, config->listen_fd, why, why_bytes)
                                    : make_socket(listener, config, why, why_bytes);
    if (fd < 0) {
        remove_path(listener);
        return fd;
    }
    if (listen(fd, BACKLOG)) { /* before libuv has it: what fails here needs no closing through the loop */
        int error = -errno;
        close(fd);
        remove_path(listener);
        return explain(why, why_bytes, error, listener->path, "cannot listen on this socket");
    }
    uv_pipe_init(loop, &listener->pipe, 0);
    listener->pipe.data = data;
    listener->open = true;
    int error = uv_pipe_open(&listener->pipe, fd);
    if (error) {
        close(fd);
    } else {
        error = uv_listen((uv_stream_t *)&listener->pipe, BACKLOG, on_connection);
    }
    if (error) {
        return explain(why, why_bytes, error, listener->path, "cannot listen on this socket");
    }
    return 0;
}

void listener_set_access(struct listener *listener, const struct api_config *config, gid_t group)
{
    if (!listener->open || !listener->owns_path) {
        return;
    }
    int error = set_access(listener->path, config->socket_mode, group);
    if (error) {
        log_warning("api", "rights of %s stay as they are: %s", listener->path, strerror(-error));
        return;
    }
    listener->group = group;
}

bool listener_close(struct listener *listener, uv_close_cb on_closed)
{
    if (!listener->open) {
        return false;
    }
    listener->open = false;
    remove_path(listener);
    uv_close((uv_handle_t *)&listener->pipe, on_closed);
    return true;
}
