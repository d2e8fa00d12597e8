#include "sim_card.h"

#include "options.h"
#include "print.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PIN_TRIES 3
#define PUK_TRIES 10

static int save(const struct sim_card *sim)
{
    FILE *file;

    if (sim->file == NULL)
        return 0;
    file = fopen(sim->file, "w");
    if (file == NULL) {
        int error = errno;

        print_problem("--sim-state %s: %s", sim->file, strerror(error));
        return -error;
    }
    fprintf(file, "pin_tries=%d\npuk_tries=%d\npin=%s\n", sim->pin_tries, sim->puk_tries, sim->pin);
    return fclose(file) == 0 ? 0 : -errno;
}

static bool take(struct sim_card *sim, const char *name, const char *value)
{
    size_t digits = strspn(value, "0123456789");
    long number = strtol(value, NULL, 10);

    if (digits == 0 || digits >= sizeof sim->pin || value[digits] != '\0')
        return false;
    if (strcmp(name, "pin") == 0)
        snprintf(sim->pin, sizeof sim->pin, "%s", value);
    else if (strcmp(name, "pin_tries") == 0 && number <= PIN_TRIES)
        sim->pin_tries = (int)number;
    else if (strcmp(name, "puk_tries") == 0 && number <= PUK_TRIES)
        sim->puk_tries = (int)number;
    else
        return false;
    return true;
}

/* A file that does not exist yet is made at once, so that a wrong path shows at the start. */
static int load(struct sim_card *sim)
{
    FILE *file = fopen(sim->file, "r");
    char line[64];
    bool right = true;

    if (file == NULL)
        return save(sim);
    while (right && fgets(line, sizeof line, file) != NULL) {
        char *value = strchr(line, '=');

        line[strcspn(line, "\n")] = '\0';
        right = value != NULL;
        if (right)
            *value = '\0';
        right = right && take(sim, line, value + 1);
    }
    fclose(file);
    if (right)
        return 0;
    print_problem("--sim-state %s: this is not such a file", sim->file);
    return -EINVAL;
}

int sim_card_init(struct sim_card *sim, const struct options *options)
{
    sim->pin_tries = PIN_TRIES;
    sim->puk_tries = PUK_TRIES;
    sim->pin_given = options->pin != NULL;
    sim->locked = sim->pin_given;
    sim->file = options->sim_state;
    snprintf(sim->pin, sizeof sim->pin, "%s", options->pin != NULL ? options->pin : "1234");
    snprintf(sim->puk, sizeof sim->puk, "%s", options->puk);
    return sim->file != NULL ? load(sim) : 0;
}

enum sim_lock sim_card_lock(const struct sim_card *sim)
{
    if (sim->absent)
        return SIM_ABSENT;
    if (sim->puk_tries <= 0)
        return SIM_BLOCKED;
    if (sim->pin_tries <= 0)
        return SIM_WANTS_PUK;
    return sim->locked && !sim->unlocked ? SIM_WANTS_PIN : SIM_READY;
}

const char *sim_lock_name(enum sim_lock lock)
{
    switch (lock) {
    case SIM_READY:
        return "READY";
    case SIM_WANTS_PIN:
        return "SIM PIN";
    case SIM_WANTS_PUK:
        return "SIM PUK";
    case SIM_ABSENT:
        return "NOT INSERTED";
    case SIM_BLOCKED:
        return "SIM BLOCKED";
    }
    return "";
}

int sim_card_cme(const struct sim_card *sim)
{
    switch (sim_card_lock(sim)) {
    case SIM_READY:
        return sim->busy ? 14 : 0;
    case SIM_WANTS_PIN:
        return 11;
    case SIM_WANTS_PUK:
        return 12;
    case SIM_ABSENT:
        return 10;
    case SIM_BLOCKED:
        return 13;
    }
    return 13;
}

/* Nothing happens to the counters when another command is refused, so the order of the checks is the card's. */
int sim_card_enter_pin(struct sim_card *sim, const char *pin, bool burn_when_ready)
{
    enum sim_lock lock = sim_card_lock(sim);

    if (lock == SIM_READY && burn_when_ready) {
        sim->pin_tries--;
        save(sim);
    }
    if (lock == SIM_READY)
        return 3;
    if (lock != SIM_WANTS_PIN)
        return sim_card_cme(sim);
    if (strcmp(pin, sim->pin) == 0) {
        sim->unlocked = true;
        sim->pin_tries = PIN_TRIES;
    } else {
        sim->pin_tries--;
    }
    save(sim);
    print_event("--", "SIM: PIN %s, %d tries left", sim->unlocked ? "right" : "wrong", sim->pin_tries);
    return sim->unlocked ? 0 : 16;
}

int sim_card_enter_puk(struct sim_card *sim, const char *puk, const char *new_pin)
{
    if (sim_card_lock(sim) != SIM_WANTS_PUK)
        return sim_card_lock(sim) == SIM_READY ? 3 : sim_card_cme(sim);
    if (strcmp(puk, sim->puk) != 0 || strlen(new_pin) < 4 || strlen(new_pin) >= sizeof sim->pin) {
        sim->puk_tries--;
        save(sim);
        print_event("--", "SIM: PUK wrong, %d tries left", sim->puk_tries);
        return sim->puk_tries > 0 ? 16 : 13;
    }
    snprintf(sim->pin, sizeof sim->pin, "%s", new_pin);
    sim->pin_tries = PIN_TRIES;
    sim->puk_tries = PUK_TRIES;
    sim->unlocked = true;
    save(sim);
    return 0;
}

void sim_card_restart(struct sim_card *sim)
{
    sim->unlocked = false;
}

void sim_card_require_pin(struct sim_card *sim, bool require)
{
    sim->locked = require || sim->pin_given;
    sim->unlocked = !require;
}

void sim_card_require_puk(struct sim_card *sim, bool require)
{
    sim->pin_tries = require ? 0 : PIN_TRIES;
    save(sim);
}
