#include "fault.h"

#include "modem.h"
#include "print.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fault_info {
    const char *name, *help;
    bool lasting;
    enum fault_arg arg;
};

static const struct fault_info infos[FAULT_COUNT] = {
#define FAULT(id, name, lasting, arg, help) [FAULT_##id] = {name, help, lasting, arg},
    FAULT_LIST(FAULT)
#undef FAULT
};

static enum fault_id id_of(const struct fault *fault)
{
    return (enum fault_id)(fault - fault->modem->faults.all);
}

void faults_init(struct modem *modem)
{
    for (int id = 0; id < FAULT_COUNT; id++) {
        struct fault *fault = &modem->faults.all[id];

        fault->modem = modem;
        uv_timer_init(modem->loop, &fault->expiry);
        fault->expiry.data = fault;
    }
}

void faults_close(struct modem *modem)
{
    for (int id = 0; id < FAULT_COUNT; id++)
        uv_close((uv_handle_t *)&modem->faults.all[id].expiry, NULL);
}

static void end(struct fault *fault, const char *why)
{
    uv_timer_stop(&fault->expiry);
    if (!fault->active)
        return;
    fault->active = false;
    print_event("--", "fault %s ends: %s", infos[id_of(fault)].name, why);
    fault_end(fault->modem, id_of(fault));
}

static void on_expiry(uv_timer_t *timer)
{
    end(timer->data, "its time is over");
}

/* ---- reading a specification ---- */

static int find(const char *name, size_t length)
{
    for (int id = 0; id < FAULT_COUNT; id++)
        if (strlen(infos[id].name) == length && strncmp(infos[id].name, name, length) == 0)
            return id;
    return -1;
}

static int unknown(const char *name, size_t length, char *problem, size_t room)
{
    size_t used;

    snprintf(problem, room, "no fault is called '%.*s'; there are:", (int)length, name);
    for (int id = 0; id < FAULT_COUNT; id++) {
        used = strlen(problem);
        snprintf(problem + used, room - used, " %s", infos[id].name);
    }
    return -ENOENT;
}

static bool read_number(const char *text, size_t length, long *number)
{
    char *after;

    if (length == 0 || length > 9)
        return false;
    *number = strtol(text, &after, 10);
    return after == text + length && *number > 0;
}

static bool read_point(const char *text, size_t length, struct fault *wanted)
{
    static const struct {
        const char *name;
        enum fault_point point;
    } points[] = {
        {"at=connect", FAULT_AT_CONNECT}, {"at=send", FAULT_AT_SEND}, {"at=payload", FAULT_AT_PAYLOAD}};

    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
        if (strlen(points[i].name) != length || strncmp(points[i].name, text, length) != 0)
            continue;
        wanted->point = points[i].point;
        return true;
    }
    if (length < 10 || strncmp(text, "at=", 3) != 0 || strncmp(text + length - 6, "-bytes", 6) != 0)
        return false;
    wanted->point = FAULT_AT_BYTES;
    return read_number(text + 3, length - 9, &wanted->number);
}

static bool read_argument(enum fault_arg kind, const char *text, size_t length, struct fault *wanted)
{
    switch (kind) {
    case FAULT_ARG_NONE:
        return length == 0;
    case FAULT_ARG_NUMBER:
        return read_number(text, length, &wanted->number);
    case FAULT_ARG_MAYBE:
        return length == 0 || read_number(text, length, &wanted->number);
    case FAULT_ARG_POINT:
        return length == 0 || read_point(text, length, wanted);
    }
    return false;
}

/* ;for=SECONDS and ;count=N in any order. */
static bool read_limits(const char *text, struct fault *wanted)
{
    while (*text == ';') {
        size_t length = strcspn(++text, ";");
        char *after = NULL;

        if (strncmp(text, "for=", 4) == 0)
            wanted->for_s = strtod(text + 4, &after);
        else if (strncmp(text, "count=", 6) == 0)
            wanted->left = strtol(text + 6, &after, 10);
        if (after != text + length || wanted->for_s < 0 || wanted->for_s > 1e6 || wanted->left < 0)
            return false;
        text += length;
    }
    return *text == '\0';
}

static int read_spec(const char *spec, struct fault *wanted, char *problem, size_t room)
{
    size_t name = strcspn(spec, ":;");
    const char *argument = spec + name + (spec[name] == ':');
    size_t length = strcspn(argument, ";");
    int id = find(spec, name);

    if (id < 0)
        return unknown(spec, name, problem, room);
    if (!read_argument(infos[id].arg, argument, length, wanted)) {
        snprintf(problem, room, "fault '%s' is not understood; %s: %s", spec, infos[id].name, infos[id].help);
        return -EINVAL;
    }
    if (!read_limits(argument + length, wanted)) {
        snprintf(problem, room, "fault '%s': behind the name may stand ;for=SECONDS and ;count=N", spec);
        return -EINVAL;
    }
    return id;
}

/* ---- switching ---- */

int fault_apply(struct modem *modem, const char *spec, char *problem, size_t room)
{
    struct fault wanted = {0};
    int id = read_spec(spec, &wanted, problem, room);
    struct fault *fault;

    if (id < 0)
        return id;
    fault = &modem->faults.all[id];
    print_event("--", "fault %s", spec);
    fault->number = wanted.number;
    fault->left = wanted.left;
    fault->point = wanted.point;
    fault->for_s = wanted.for_s;
    fault->active = infos[id].lasting || wanted.point != FAULT_AT_ONCE;
    uv_timer_stop(&fault->expiry);
    if (fault->active && fault->for_s > 0)
        uv_timer_start(&fault->expiry, on_expiry, (uint64_t)(fault->for_s * 1000), 0);
    if (wanted.point == FAULT_AT_ONCE)
        fault_begin(modem, (enum fault_id)id);
    return 0;
}

int fault_clear(struct modem *modem, const char *name, char *problem, size_t room)
{
    bool all = strcmp(name, "all") == 0;
    int wanted = find(name, strlen(name));

    if (!all && wanted < 0)
        return unknown(name, strlen(name), problem, room);
    for (int id = 0; id < FAULT_COUNT; id++)
        if (all || id == wanted)
            end(&modem->faults.all[id], "cleared");
    return 0;
}

bool fault_active(const struct modem *modem, enum fault_id id)
{
    return modem->faults.all[id].active;
}

long fault_number(const struct modem *modem, enum fault_id id)
{
    return modem->faults.all[id].active ? modem->faults.all[id].number : 0;
}

bool fault_use(struct modem *modem, enum fault_id id)
{
    struct fault *fault = &modem->faults.all[id];

    if (!fault->active)
        return false;
    if (fault->left > 0 && --fault->left == 0)
        end(fault, "used up");
    return true;
}

bool fault_point_reached(struct modem *modem, enum fault_point point)
{
    struct fault *fault = &modem->faults.all[FAULT_REBOOT];

    if (!fault->active || fault->point != point)
        return false;
    if (fault->left > 0)
        fault->left--;
    if (fault->left == 0)
        end(fault, "reached");
    modem_reboot(modem, "fault", true);
    return true;
}

void fault_names(const struct modem *modem, char *out, size_t room)
{
    size_t used = 0;

    out[0] = '\0';
    for (int id = 0; id < FAULT_COUNT; id++) {
        if (!modem->faults.all[id].active || used + 1 >= room)
            continue;
        snprintf(out + used, room - used, "%s%s", used > 0 ? "," : "", infos[id].name);
        used = strlen(out);
    }
}

void fault_print_all(void)
{
    for (int id = 0; id < FAULT_COUNT; id++)
        printf("  %-20s %s\n", infos[id].name, infos[id].help);
}

bool fault_is_mute(const struct modem *modem)
{
    return fault_active(modem, FAULT_MUTE) || fault_active(modem, FAULT_HANG);
}
