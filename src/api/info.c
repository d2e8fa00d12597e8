#include "client.h"
#include "client_text.h"
#include "commands.h"
#include "settings.h"
#include "state.h"

#include <stdio.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

/* Values may come from the modem: a line end in one would forge a line. */
static void put_line(struct buf *out, const char *key, const char *value)
{
    buf_append_text(out, key);
    buf_append(out, ":", 1);
    for (; *value; value++) {
        const char *byte = (unsigned char)*value < ' ' ? " " : value;
        buf_append(out, byte, 1);
    }
    buf_append(out, "\r\n", 2);
}

static void on_show(void *arg, const char *key, const char *value, bool number)
{
    (void)number;
    put_line(arg, key, value);
}

static void put_number(struct buf *out, const char *key, unsigned long long number)
{
    buf_printf(out, "%s:%llu\r\n", key, number);
}

/* ioredis waits for loading:0, tools look at redis_version, redis_mode and role: all are in the default answer. */
static void show_server(const struct api_server *server, struct buf *out)
{
    struct utsname host = {0};
    uint64_t up_ms = sched_now_ms(server->sched) - server->started_ms;

    uname(&host);
    put_line(out, "redis_version", CLIENT_REDIS_VERSION);
    put_line(out, "redis_mode", "standalone");
    put_line(out, "blynkd_version", BLYNKD_VERSION);
    buf_printf(out, "os:%s %s %s\r\n", host.sysname, host.release, host.machine);
    put_number(out, "arch_bits", sizeof(void *) * 8);
    put_number(out, "process_id", (unsigned long long)getpid());
    put_number(out, "uptime_in_seconds", up_ms / 1000);
    put_number(out, "uptime_in_days", up_ms / 86400000);
    put_line(out, "unixsocket", server->listener.path);
    settings_show(server, on_show, out);
}

static void show_clients(const struct api_server *server, struct buf *out)
{
    struct api_stats stats = api_server_stats(server);

    put_number(out, "connected_clients", stats.clients);
    put_number(out, "maxclients", server->config.max_clients);
    put_number(out, "blocked_clients", stats.waiting);
    put_number(out, "pubsub_clients", stats.subscribed);
}

static void show_persistence(const struct api_server *server, struct buf *out)
{
    (void)server;
    put_line(out, "loading", "0");
}

static void show_replication(const struct api_server *server, struct buf *out)
{
    (void)server;
    put_line(out, "role", "master");
    put_line(out, "connected_slaves", "0");
}

static void show_link(const struct api_server *server, struct buf *out)
{
    bridge_show_link(server->bridge, on_show, out);
}

static void show_modem(const struct api_server *server, struct buf *out)
{
    bridge_show_modem(server->bridge, on_show, out);
}

static void show_blynk(const struct api_server *server, struct buf *out)
{
    bridge_show_blynk(server->bridge, on_show, out);
}

static void show_spool(const struct api_server *server, struct buf *out)
{
    bridge_show_outbox(server->bridge, on_show, out);
    bridge_show_spool(server->bridge, on_show, out);
}

static void show_budget(const struct api_server *server, struct buf *out)
{
    bridge_show_budget(server->bridge, on_show, out);
}

static void show_stats(const struct api_server *server, struct buf *out)
{
    struct api_stats stats = api_server_stats(server);
    struct rusage usage = {0};

    getrusage(RUSAGE_SELF, &usage);
    put_number(out, "total_connections_received", stats.connections);
    put_number(out, "rejected_connections", stats.rejected);
    put_number(out, "total_commands_processed", stats.commands);
    put_number(out, "total_error_replies", stats.errors);
    put_number(out, "denied_commands", stats.denied);
    put_number(out, "protocol_errors", stats.protocol_errors);
    put_number(out, "slow_clients_closed", stats.slow);
    put_number(out, "published_messages", stats.published);
    put_number(out, "total_net_input_bytes", stats.bytes_in);
    put_number(out, "total_net_output_bytes", stats.bytes_out);
    put_number(out, "peak_memory_kib", (unsigned long long)usage.ru_maxrss);
}

static void show_keyspace(const struct api_server *server, struct buf *out)
{
    size_t known = pins_known(bridge_pins(server->bridge));

    if (known > 0) {
        buf_printf(out, "db0:keys=%zu,expires=0,avg_ttl=0\r\n", known);
    }
}

struct section {
    const char *name;
    const char *title;
    void (*show)(const struct api_server *server, struct buf *out);
};

static const struct section sections[] = {
    {"server", "Server", show_server},
    {"clients", "Clients", show_clients},
    {"persistence", "Persistence", show_persistence},
    {"replication", "Replication", show_replication},
    {"link", "Link", show_link},
    {"modem", "Modem", show_modem},
    {"blynk", "Blynk", show_blynk},
    {"spool", "Spool", show_spool},
    {"budget", "Budget", show_budget},
    {"stats", "Stats", show_stats},
    {"keyspace", "Keyspace", show_keyspace},
};

static bool section_asked(const struct section *section, const struct resp_arg *names, size_t count)
{
    static const char *const for_all[] = {"all", "default", "everything"};

    if (count == 0) {
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        if (command_word(&names[i], section->name)) {
            return true;
        }
        for (size_t j = 0; j < sizeof(for_all) / sizeof(for_all[0]); j++) {
            if (command_word(&names[i], for_all[j])) {
                return true;
            }
        }
    }
    return false;
}

void run_info(struct api_client *client, const struct resp_arg *args, size_t count)
{
    struct api_server *server = client->server;
    struct buf *out = &server->show;

    buf_clear(out);
    for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
        if (!section_asked(&sections[i], args + 1, count - 1)) {
            continue;
        }
        buf_printf(out, "%s# %s\r\n", buf_len(out) > 0 ? "\r\n" : "", sections[i].title);
        sections[i].show(server, out);
    }
    reply_verbatim(&client->reply, buf_bytes(out), buf_len(out));
    buf_clear(out);
}
