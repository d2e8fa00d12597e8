/*
 * What the doctor knows: of the host by looking (doctor_host.c), of modem and link by asking the daemon or a probe of
 * it. One struct, filled by doctor.c, judged by the steps (doctor_steps.h), which are pure. It never holds a secret:
 * the daemon tells none.
 */
#ifndef BLYNKD_CTL_DOCTOR_FACTS_H
#define BLYNKD_CTL_DOCTOR_FACTS_H

#include "blynkd/base/rival.h"

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stdint.h>

#define FACT_MAX      300
#define FACT_PATH_MAX 256

/* The way to the server, from the bottom. Each stage stands on those before it. */
enum doctor_stage {
    STAGE_PORT,
    STAGE_ANSWER,
    STAGE_IDENTITY,
    STAGE_SIM,
    STAGE_NETWORK,
    STAGE_APN,
    STAGE_BEARER,
    STAGE_NAME,
    STAGE_SERVER,
    STAGE_ENCRYPTION,
    STAGE_LOGIN,
    STAGE_SESSION,
    STAGE_DONE, /* on line */
    STAGE_NONE,
};

enum doctor_source {
    SOURCE_NOBODY, /* there is nobody to ask; source_why says why */
    SOURCE_DAEMON,
    SOURCE_PROBE,
};

enum config_state { CONFIG_NOT_CHECKED, CONFIG_GOOD, CONFIG_WRONG, CONFIG_UNREADABLE };

struct host_facts {
    char path[FACT_PATH_MAX];   /* of the port as configured; "": not known */
    char device[FACT_PATH_MAX]; /* where that leads; "": nowhere */
    bool is_device;
    bool may_open; /* this process */
    bool has_user; /* there is a user blynkd ... */
    bool user_may; /* ... who may open it */
    char group[64];
    struct rival rivals[RIVALS_MAX]; /* the daemon is none */
    size_t rival_count;
    bool sees_all; /* other users' processes, too */
    bool mm_leaves_it;
    char console[FACT_MAX]; /* the file that puts a console on it; "": none */
    char others[FACT_MAX];  /* serial ports that are there, if this one is not */
    bool clock_is_kept;
    bool clock_is_sane;
};

struct link_facts {
    char state[16];
    char why[FACT_MAX];
    char uplink[16];
    char server[FACT_MAX];
    char address[64];
    char encryption[128];
    char failure_step[40];
    char failure[FACT_MAX];
    char trouble[FACT_MAX];
    char disk[FACT_MAX];
    int64_t since_ms; /* wall clock, as all of these */
    int64_t failure_at_ms;
    int64_t failures;
    int64_t next_try_ms; /* from now */
    int64_t round_trip_ms;
    int64_t queue;
};

struct modem_facts {
    char state[16];
    char why[FACT_MAX];
    char failed_in[16];
    char profile[24];
    char level[16];
    char model[64];
    char manufacturer[64];
    bool fits;
    char sim[24];
    char iccid[24];
    char operator_name[64];
    char access[16];
    char registration[48];
    char apn[128];
    char address[64];
    int64_t baud;
    int64_t pin_tries; /* -1: not known */
    int64_t signal_dbm;
    bool has_signal;
};

struct budget_share_facts {
    int64_t spent;
    int64_t limit;
    int64_t percent;
};

struct budget_facts {
    bool is_known;
    char level[24];
    char why[FACT_MAX];
    char forecast[FACT_MAX];
    struct budget_share_facts bytes;
    struct budget_share_facts messages;
};

struct doctor_facts {
    enum doctor_source source;
    char source_why[FACT_MAX];
    char source_advice[FACT_MAX];
    long daemon_pid; /* 0: not known */
    enum config_state config;
    char config_path[FACT_PATH_MAX];
    char config_why[FACT_MAX];
    struct host_facts host;
    struct link_facts link;
    struct modem_facts modem;
    struct budget_facts budget;
    int64_t baud_configured; /* while another speed is tried; 0: it is not */
    bool baud_tried;         /* all of them, and in vain */
    bool is_over;            /* nothing more will be known */
    enum doctor_stage reached;
    enum doctor_stage failed;       /* STAGE_NONE: none, or not known yet */
    char failed_why[FACT_MAX + 40]; /* in the daemon's words */
};

/* Answers of the daemon to INFO, LINK, MODEM, BLYNK.BUDGET; an odd one leaves things empty. */
void doctor_take_info(struct doctor_facts *facts, const redisReply *info);
void doctor_take_link(struct doctor_facts *facts, const redisReply *link);
void doctor_take_modem(struct doctor_facts *facts, const redisReply *modem);
void doctor_take_budget(struct doctor_facts *facts, const redisReply *budget);

/* How far it has come now; part of the two above. */
enum doctor_stage doctor_reached(const struct doctor_facts *facts);
/* At which stage the last try failed; STAGE_NONE: none has, or it was overcome. */
enum doctor_stage doctor_failed(const struct doctor_facts *facts);

/*
 * True if waiting longer would tell nothing new: on line, or a try has failed, or the same state has lasted for longer
 * than it may. `in_state_ms`: how long it has been as it is.
 */
bool doctor_settled(const struct doctor_facts *facts, uint64_t in_state_ms);
/* Nothing more is asked: what is under way has failed, and why. */
void doctor_conclude(struct doctor_facts *facts);

#endif
