/*
 * A modem that says anything and a user who does anything at any time: every request that was taken must end
 * exactly once and never inside a call, payload must never be written before a prompt, nothing may be armed when
 * the channel is stopped. The input is a list of small orders.
 */
#include "blynkd/at/channel.h"
#include "blynkd/at/trace.h"
#include "blynkd/base/timer.h"
#include "blynkd/io/port.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUESTS 6

static const char *const lines[] = {"+CSQ:%d,%d", NULL};
static const char *const done[] = {"CONNECT OK", "SEND OK", NULL};
static const char *const fail[] = {"CONNECT FAIL", NULL};
static const char *const words[] = {"COMMAND NO RESPONSE!", NULL};
static const char *const boot[] = {"READY", NULL};
static const struct at_expect expects[] = {
    {.end = AT_END_OK, .lines = lines},
    {.end = AT_END_DONE, .done = done, .fail = fail, .deadline_ms = 75000},
    {.end = AT_END_BOTH, .lines = lines, .done = done, .fail = fail},
    {.end = AT_END_EITHER, .done = done, .any_line = true},
};
static const struct at_manner manners[] = {
    {.final_fail = words, .boot_lines = boot},
    {.final_fail = words, .boot_lines = boot, .command_gap_ms = 20, .payload_end = "\r", .line_end = "\r\n"},
};
static const struct at_announce announces[] = {{"+CIPRCV:%l,%n,"}, {"+CIPRXGET:2,%l,%n,%r\n"}, {NULL}};
static const uint8_t payload[] = "\xEE\xEE\xEE\xEE\xEE\xEE\xEE\xEE"; /* occurs in no command */
static const char *const sayings[] = {
    "\r\nOK\r\n",
    "\r\nERROR\r\n",
    "\r\n> ",
    "\r\nCONNECT OK\r\n",
    "\r\nREADY\r\n",
    "\r\n+CME ERROR:3\r\n",
    "+CIPRCV:0,4,",
    "\r\n+CSQ: 1,2\r\n",
    "\r\nCONNECT FAIL\r\n",
    "AT+FUZZ\r",
    "0\r",
    "\r\n+CREG: 1\r\n",
    "\r\nCOMMAND NO RESPONSE!\r\n",
    "AT\r\r\n",
    "\r\n+CIPRXGET: 2,0,3,0\r",
    "\n",
};

struct taken {
    struct at_request request;
    struct world *world;
    bool owed;
};

struct world {
    struct port port;
    struct sched *sched;
    struct at_channel *channel;
    struct taken requests[REQUESTS];
    bool is_open;
    bool in_call;    /* the user is inside a function of the channel */
    bool prompt_due; /* '>' was said since the last command */
    size_t room;
    uint8_t mischief; /* what the user does at the next callback */
};

/* ---- the port ---- */

static struct world *world_of(const struct port *port)
{
    return (struct world *)(void *)port;
}

static int on_open(struct port *port)
{
    world_of(port)->is_open = true;
    return 0;
}

static size_t on_write(struct port *port, const uint8_t *data, size_t len)
{
    struct world *world = world_of(port);

    assert(world->is_open);
    len = len < world->room ? len : world->room;
    world->room -= len;
    if (len && memchr(data, 0xEE, len)) {
        assert(world->prompt_due);
    }
    if (len && memchr(data, 'A', len)) {
        world->prompt_due = false; /* a command or a probe */
    }
    return len;
}

static size_t on_get_room(const struct port *port)
{
    return world_of(port)->room;
}

static void on_close(struct port *port)
{
    world_of(port)->is_open = false;
}

static const struct port_ops ops = {on_open, on_write, on_get_room, on_close, on_close};

/* ---- the user ---- */

static void send(struct world *world, uint8_t how)
{
    struct taken *taken = &world->requests[how % REQUESTS];
    struct at_request *request = &taken->request;

    if (!taken->owed) {
        request->expect = &expects[how >> 3 & 3];
        request->priority = (enum at_priority)(how % 3);
        request->payload = how & 0x80 ? payload : NULL;
        request->payload_len = how & 0x80 ? sizeof(payload) - 1 : 0;
        snprintf(request->text, sizeof(request->text), "AT+FUZZ");
    }
    int error = at_channel_send(world->channel, request);
    assert((error == 0) == (!taken->owed && at_channel_running(world->channel)));
    taken->owed = taken->owed || error == 0;
}

static void make_mischief(struct world *world, uint8_t how)
{
    struct taken *taken = &world->requests[how % REQUESTS];
    bool was_in_call = world->in_call;

    world->in_call = true;
    switch (how >> 4) {
    case 0:
    case 1:
    case 8:
    case 9:
        send(world, how);
        break;
    case 2:
        at_request_cancel(world->channel, &taken->request);
        break;
    case 3:
        at_request_forget(world->channel, &taken->request);
        taken->owed = false;
        break;
    case 4:
        at_channel_stop(world->channel);
        break;
    case 5:
        at_channel_stop(world->channel);
        at_channel_start(world->channel);
        break;
    case 6:
        at_channel_resync(world->channel);
        break;
    case 7:
        at_channel_set_echo(world->channel, how & 1);
        break;
    case 10:
        at_channel_start(world->channel);
        break;
    default:
        break;
    }
    world->in_call = was_in_call;
}

static void on_callback(struct world *world)
{
    uint8_t how = world->mischief;

    assert(!world->in_call);
    world->mischief = 0xFF;
    make_mischief(world, how);
}

static void on_line(void *arg, const char *line, size_t len)
{
    struct taken *taken = arg;

    assert(taken->owed && line[len] == '\0');
    on_callback(taken->world);
}

static void on_done(void *arg, const struct at_reply *reply)
{
    struct taken *taken = arg;

    assert(taken->owed && reply->text && at_result_name(reply->result));
    taken->owed = false;
    on_callback(taken->world);
}

static void on_urc(void *arg, const char *line, size_t len, const struct pattern_match *match)
{
    assert(line[len] == '\0' && match->count == 1);
    on_callback(arg);
}

static void on_payload(void *arg, const struct at_token *piece)
{
    assert(piece->offset + piece->len <= piece->total);
    on_callback(arg);
}

static void on_payload_lost(void *arg, long link)
{
    (void)link;
    on_callback(arg);
}

static void on_reboot(void *arg, const char *line)
{
    (void)line;
    on_callback(arg);
}

static void on_mute(void *arg)
{
    on_callback(arg);
}

static void on_late(void *arg, const char *line, size_t len)
{
    (void)line;
    (void)len;
    on_callback(arg);
}

static void on_down(void *arg, int error, const char *why)
{
    (void)error;
    (void)why;
    on_callback(arg);
}

/* ---- the modem ---- */

static void say(struct world *world, const void *data, size_t len)
{
    if (!world->is_open || len == 0) {
        return;
    }
    uint8_t *copy = malloc(len);
    memcpy(copy, data, len);
    world->prompt_due = world->prompt_due || memchr(data, '>', len);
    world->port.events.on_bytes(world->port.arg, copy, len);
    free(copy);
}

static void go_down(struct world *world)
{
    if (world->is_open) {
        world->is_open = false;
        world->port.events.on_down(world->port.arg, -5, "unplugged");
    }
}

static void make_room(struct world *world, size_t room)
{
    world->room = room;
    if (world->is_open) {
        world->port.events.on_room(world->port.arg);
    }
}

/* Returns how many bytes of the input the order takes. */
static size_t obey(struct world *world, const uint8_t *data, size_t size)
{
    uint8_t detail = size > 1 ? data[1] : 0;
    size_t left = size > 2 ? size - 2 : 0;
    size_t len;

    switch (data[0] & 7) {
    case 0:
    case 1:
        say(world, sayings[detail & 15], strlen(sayings[detail & 15]));
        return 2;
    case 2:
        len = detail & 31;
        len = len < left ? len : left;
        say(world, data + size - left, len);
        return 2 + len;
    case 3:
        sched_advance(world->sched, (uint64_t)detail * detail);
        return 2;
    case 4:
    case 5:
        make_mischief(world, detail);
        return 2;
    case 6:
        world->mischief = detail;
        return 2;
    default:
        if (detail == 0) {
            go_down(world);
        } else {
            make_room(world, detail & 1 ? SIZE_MAX : detail);
        }
        return 2;
    }
}

/* ---- the run ---- */

static const struct at_urc urcs[] = {{"+CREG: %d", on_urc}, {NULL, NULL}};
static const struct at_channel_events events = {on_payload, on_payload_lost, on_reboot,
                                                on_mute,    on_late,         on_down};

static void world_start(struct world *world, struct trace *trace, uint8_t how)
{
    world->port.ops = &ops;
    world->room = SIZE_MAX;
    world->mischief = 0xFF;
    world->channel = at_channel_create(world->sched, &world->port, trace);
    at_channel_set_events(world->channel, &events, world);
    at_channel_set_manner(world->channel, &manners[how & 1]);
    at_channel_set_announces(world->channel, announces);
    at_channel_set_echo(world->channel, how & 2);
    at_channel_add_urcs(world->channel, urcs, world);
    for (int i = 0; i < REQUESTS; i++) {
        struct taken *taken = &world->requests[i];
        taken->world = world;
        taken->request.on_line = on_line;
        taken->request.on_done = on_done;
        taken->request.arg = taken;
    }
    at_channel_start(world->channel);
}

static void world_end(struct world *world)
{
    world->mischief = 0xFF;
    at_channel_stop(world->channel);
    sched_settle(world->sched);
    for (int i = 0; i < REQUESTS; i++) {
        assert(!world->requests[i].owed && !world->requests[i].request.queued);
    }
    assert(at_channel_idle(world->channel));
    assert(sched_next_ms(world->sched) == UINT64_MAX);
    at_channel_destroy(world->channel);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world world = {.sched = sched_create_virtual(1)};
    struct trace *trace = trace_create(world.sched, 2048);

    world_start(&world, trace, size ? data[0] : 0);
    while (size > 0) {
        size_t taken = obey(&world, data, size);
        taken = taken < size ? taken : size;
        data += taken;
        size -= taken;
    }
    world_end(&world);
    trace_destroy(trace);
    sched_close(world.sched);
    return 0;
}
