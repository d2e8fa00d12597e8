/* The steps that need no modem: configuration, daemon, port, who else is on it. */
#include "doctor_steps.h"

#include <string.h>

void judge_configuration(const struct doctor_facts *facts, struct doctor_result *result)
{
    switch (facts->config) {
    case CONFIG_NOT_CHECKED:
        doctor_find(result, VERDICT_UNKNOWN, "%s", facts->config_why);
        return;
    case CONFIG_GOOD:
        doctor_find(result, VERDICT_OK, "%s", facts->config_path);
        return;
    case CONFIG_UNREADABLE:
        doctor_find(result, VERDICT_WRONG, "%s", facts->config_why);
        doctor_advise(result,
                      "sudo blynkctl doctor, since only root and blynkd may read it; --config FILE names "
                      "another");
        return;
    case CONFIG_WRONG:
        doctor_find(result, VERDICT_WRONG, "%s", facts->config_why);
        doctor_advise(result, "mend it; `blynkd --config %s --check-config` tells all that is wrong",
                      facts->config_path);
        return;
    }
}

void judge_daemon(const struct doctor_facts *facts, struct doctor_result *result)
{
    switch (facts->source) {
    case SOURCE_DAEMON:
        doctor_find(result, VERDICT_OK, "blynkd runs and answers");
        return;
    case SOURCE_PROBE:
        doctor_find(result, VERDICT_OK, "blynkd does not run; its parts were started for this look only");
        doctor_advise(result, "systemctl enable --now blynkd, when all is well");
        return;
    case SOURCE_NOBODY:
        doctor_find(result, VERDICT_WRONG, "%s", facts->source_why);
        doctor_advise(result, "%s", facts->source_advice);
        return;
    }
}

/* False: nothing can be said of the port. */
static bool has_device(const struct doctor_facts *facts, struct doctor_result *result)
{
    const struct host_facts *host = &facts->host;

    if (strcmp(facts->link.uplink, "host") == 0) {
        result->verdict = VERDICT_NONE;
        return false;
    }
    if (host->path[0] && host->device[0]) {
        return true;
    }
    if (facts->is_over || host->path[0]) {
        doctor_find(result, VERDICT_UNKNOWN,
                    host->path[0] ? "there is no port" : "which port it is, is not known");
    }
    return false;
}

void judge_port(const struct doctor_facts *facts, struct doctor_result *result)
{
    const struct host_facts *host = &facts->host;

    if (!has_device(facts, result)) {
        if (host->path[0] && !host->device[0] && result->verdict != VERDICT_NONE) {
            doctor_find(result, VERDICT_WRONG, "there is no %s", host->path);
            doctor_advise(result, "is the modem plugged in and switched on? %s%s%s[modem] port names it",
                          host->others[0] ? "There is " : "", host->others, host->others[0] ? "; " : "");
        }
    } else if (!host->is_device) {
        doctor_find(result, VERDICT_WRONG, "%s is no serial port", host->path);
        doctor_advise(result,
                      "[modem] port = the modem's; `ls /dev/serial/by-id /dev/tty*` shows what there is");
    } else if (strcmp(host->path, host->device) == 0) {
        doctor_find(result, VERDICT_OK, "%s is there", host->path);
    } else {
        doctor_find(result, VERDICT_OK, "%s is there and leads to %s", host->path, host->device);
    }
}

void judge_rights(const struct doctor_facts *facts, struct doctor_result *result)
{
    const struct host_facts *host = &facts->host;

    if (!has_device(facts, result)) {
        return;
    }
    if (facts->source == SOURCE_DAEMON && facts->reached > STAGE_PORT) {
        doctor_find(result, VERDICT_OK, "blynkd has it open");
    } else if (host->has_user && !host->user_may) {
        doctor_find(result, VERDICT_WRONG, "the user blynkd may not open %s; the group %s may", host->device,
                    host->group);
        doctor_advise(result, "adduser blynkd %s, or SupplementaryGroups=%s in a drop-in of blynkd.service",
                      host->group, host->group);
    } else if (facts->source == SOURCE_PROBE && !host->has_user && !host->may_open) {
        doctor_find(result, VERDICT_WRONG, "you may not open %s; the group %s may", host->device,
                    host->group);
        doctor_advise(result, "sudo blynkctl doctor");
    } else if (host->has_user) {
        doctor_find(result, VERDICT_OK, "the user blynkd may open it");
    } else {
        doctor_find(result, VERDICT_OK, "it may be opened");
    }
}

static const struct rival *rival_of(const struct doctor_facts *facts, enum rival_kind kind)
{
    for (size_t i = 0; i < facts->host.rival_count; i++) {
        if (facts->host.rivals[i].kind == kind) {
            return &facts->host.rivals[i];
        }
    }
    return NULL;
}

void judge_holder(const struct doctor_facts *facts, struct doctor_result *result)
{
    const struct rival *rival;

    if (!has_device(facts, result)) {
        return;
    }
    rival = rival_of(facts, RIVAL_OTHER);
    if (rival) {
        doctor_find(result, VERDICT_WRONG, "%s (process %ld) has %s open", rival->name, rival->pid,
                    facts->host.device);
        doctor_advise(result, "end it: two programs on one port take each other's answers");
    } else if (facts->host.sees_all) {
        doctor_find(result, VERDICT_OK, "none has it open");
    } else {
        doctor_find(result, VERDICT_OK, "none of yours has it open; root sees all: sudo blynkctl doctor");
    }
}

void judge_getty(const struct doctor_facts *facts, struct doctor_result *result)
{
    const struct rival *rival;
    const char *slash;

    if (!has_device(facts, result)) {
        return;
    }
    slash = strrchr(facts->host.device, '/');
    rival = rival_of(facts, RIVAL_LOGIN);
    if (rival) {
        doctor_find(result, VERDICT_WRONG, "%s (process %ld) waits on the modem's port for people to log in",
                    rival->name, rival->pid);
        doctor_advise(result, "systemctl disable --now serial-getty@%.60s", slash ? slash + 1 : "");
    } else {
        doctor_find(result, VERDICT_OK, "none is on it");
    }
}

void judge_modem_manager(const struct doctor_facts *facts, struct doctor_result *result)
{
    const struct rival *on_it;
    const struct rival *runs;

    if (!has_device(facts, result)) {
        return;
    }
    on_it = rival_of(facts, RIVAL_MODEM_MANAGER);
    runs = rival_of(facts, RIVAL_MAY_PROBE);
    if (on_it) {
        doctor_find(result, VERDICT_WRONG, "it (process %ld) has the modem's port open", on_it->pid);
        doctor_advise(result,
                      "udevadm trigger --subsystem-match=tty, then systemctl restart ModemManager: the rule "
                      "61-blynkd.rules keeps it off; or systemctl disable --now ModemManager");
    } else if (runs && !facts->host.mm_leaves_it) {
        doctor_find(result, VERDICT_OK, "it runs, and may try this port whenever it appears");
        doctor_advise(result, "udevadm trigger --subsystem-match=tty: the rule 61-blynkd.rules keeps it off "
                              "(ID_MM_DEVICE_IGNORE)");
    } else {
        doctor_find(result, VERDICT_OK, runs ? "it runs and leaves this port alone" : "it does not run");
    }
}

void judge_console(const struct doctor_facts *facts, struct doctor_result *result)
{
    if (!has_device(facts, result)) {
        return;
    }
    if (facts->host.console[0]) {
        doctor_find(result, VERDICT_WRONG, "%s puts the system's console on the modem's port",
                    facts->host.console);
        doctor_advise(result, "take its console= out (raspi-config: Interface, Serial Port, no login shell), "
                              "then start the machine anew");
    } else {
        doctor_find(result, VERDICT_OK, "the system's console is not on it");
    }
}
