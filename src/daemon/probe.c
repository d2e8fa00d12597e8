#include "probe.h"

#include "daemon.h"

#include "blynkd/base/log.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOOK_MS     250
#define LONGEST_MS  (UINT32_C(15) * 60 * 1000)
#define UNASKED_MS  15000 /* whoever started it has gone before he asked */
#define CLIENTS_MAX 4

/* What differs from the configuration. */
static void limit(struct conf *conf, const struct options *options)
{
    conf->bridge.outbox.durability = OUTBOX_MEMORY;
    conf->bridge.link.state_dir[0] = '\0'; /* the modem keeps its own: the book of PINs counts for all */
    conf->bridge.chrony_socket[0] = '\0';
    conf->api.rule_count = 0;
    conf->api.max_clients = CLIENTS_MAX;
    conf->api.is_read_only = true;
    if (options->baud) {
        conf->port.baud = options->baud;
    }
}

static int take_groups(const struct passwd *user, gid_t gid)
{
    return user ? initgroups(user->pw_name, gid) : setgroups(1, &gid);
}

static int step_down(const struct conf *conf)
{
    const struct passwd *user;
    struct stat stat_of;
    gid_t gid;

    if (geteuid() != 0 || stat(conf->modem.state_dir, &stat_of) != 0 || stat_of.st_uid == 0) {
        return 0;
    }
    user = getpwuid(stat_of.st_uid);
    gid = user ? user->pw_gid : stat_of.st_gid;
    if (take_groups(user, gid) != 0 || setgid(gid) != 0 || setuid(stat_of.st_uid) != 0) {
        return -errno;
    }
    return 0;
}

static void look(void *arg)
{
    struct daemon *daemon = arg;
    struct probe *probe = &daemon->probe;
    bool is_asked = api_server_stats(daemon->api).clients > 0;
    unsigned longest = (probe->was_asked ? LONGEST_MS : UNASKED_MS) / LOOK_MS;

    probe->looks++;
    probe->was_asked = probe->was_asked || is_asked;
    if ((probe->was_asked && !is_asked) || probe->looks > longest) {
        daemon_stop(daemon, is_asked ? "the probe takes too long" : "nobody asks any more");
        return;
    }
    timer_start(daemon->sched, &probe->look, LOOK_MS);
}

static bool is_probe(const struct daemon *daemon)
{
    return daemon->options->action == OPTIONS_PROBE;
}

int probe_begin(struct daemon *daemon)
{
    int error;

    if (!is_probe(daemon)) {
        return 0;
    }
    timer_init(&daemon->probe.look, look, daemon);
    error = step_down(daemon->conf);
    if (error) {
        log_error("daemon", "the probe cannot become the owner of %s: %s", daemon->conf->modem.state_dir,
                  strerror(-error));
        return EXIT_OS_ERROR;
    }
    limit(daemon->conf, daemon->options);
    return 0;
}

void probe_start(struct daemon *daemon)
{
    if (is_probe(daemon)) {
        timer_start(daemon->sched, &daemon->probe.look, LOOK_MS);
    }
}

void probe_end(struct daemon *daemon)
{
    if (is_probe(daemon)) {
        timer_stop(&daemon->probe.look);
    }
}
