#include "cloud_fault.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fault_form {
    const char *word;
    char argument;
    unsigned times;
    const char *help;
};

static const struct fault_form forms[CLOUD_FAULT_KINDS] = {
#define CLOUD_FAULT_FORM(name, word, argument, times, help) [name] = {word, argument, times, help},
    CLOUD_FAULTS(CLOUD_FAULT_FORM)
#undef CLOUD_FAULT_FORM
};

const char *cloud_fault_word(enum cloud_fault_kind kind)
{
    return forms[kind].word;
}

const char *cloud_fault_help(enum cloud_fault_kind kind)
{
    return forms[kind].help;
}

static int fault_lookup(const char *word, size_t len)
{
    for (int i = 0; i < CLOUD_FAULT_KINDS; i++) {
        if (strlen(forms[i].word) == len && memcmp(forms[i].word, word, len) == 0)
            return i;
    }
    return -ENOENT;
}

static bool number_parse(const char *text, double *number)
{
    char *end;

    if (*text < '0' || *text > '9')
        return false;
    *number = strtod(text, &end);
    return *end == '\0' && *number <= 1e9;
}

static int fault_parse_argument(const struct fault_form *form, const char *text, struct cloud_fault *fault,
                                char *error, size_t error_size)
{
    if (form->argument == 'n' && text != NULL) {
        snprintf(error, error_size, "%s takes no argument", form->word);
        return -EINVAL;
    }
    if (text == NULL && strchr("noH", form->argument) == NULL) {
        snprintf(error, error_size, "%s needs an argument after a colon", form->word);
        return -EINVAL;
    }
    if (text == NULL)
        return 0;
    snprintf(fault->text, sizeof fault->text, "%s", text);
    if (form->argument == 'h' || form->argument == 'H')
        return 0;
    if (!number_parse(text, &fault->number)) {
        snprintf(error, error_size, "%s: not a number: %s", form->word, text);
        return -EINVAL;
    }
    return 0;
}

static int fault_parse_limit(const char *option, struct cloud_fault *fault, uint64_t now_ms, char *error,
                             size_t error_size)
{
    double number;

    if (strncmp(option, "count=", 6) == 0 && number_parse(option + 6, &number) && number >= 1) {
        fault->times_left = (unsigned)number;
        return 0;
    }
    if (strncmp(option, "for=", 4) == 0 && number_parse(option + 4, &number)) {
        fault->until_ms = now_ms + (uint64_t)(number * 1000);
        return 0;
    }
    snprintf(error, error_size, "after ; stands count=N or for=SECONDS, not: %s", option);
    return -EINVAL;
}

int cloud_fault_set(struct cloud_faults *faults, const char *spec, uint64_t now_ms, char *error,
                    size_t error_size)
{
    struct cloud_fault fault = {.on = true, .set_ms = now_ms};
    char copy[CLOUD_FAULT_TEXT_MAX + 64];
    char *rest = NULL, *name, *option, *argument;
    int kind, result;

    if (snprintf(copy, sizeof copy, "%s", spec) >= (int)sizeof copy || *spec == '\0' || *spec == ';') {
        snprintf(error, error_size, "a fault is written NAME[:ARGUMENT][;count=N][;for=SECONDS]");
        return -EINVAL;
    }
    name = strtok_r(copy, ";", &rest);
    argument = strchr(name, ':');
    if (argument != NULL)
        *argument++ = '\0';
    kind = fault_lookup(name, strlen(name));
    if (kind < 0) {
        snprintf(error, error_size, "no such fault: %s", name);
        return -EINVAL;
    }
    fault.times_left = forms[kind].times;
    result = fault_parse_argument(&forms[kind], argument, &fault, error, error_size);
    while (result == 0 && (option = strtok_r(NULL, ";", &rest)) != NULL)
        result = fault_parse_limit(option, &fault, now_ms, error, error_size);
    if (result < 0)
        return result;
    fault.serial = ++faults->serial;
    faults->kinds[kind] = fault;
    return 0;
}

int cloud_fault_clear(struct cloud_faults *faults, const char *name)
{
    int kind;

    if (strcmp(name, "all") == 0) {
        for (kind = 0; kind < CLOUD_FAULT_KINDS; kind++)
            faults->kinds[kind].on = false;
        return 0;
    }
    kind = fault_lookup(name, strlen(name));
    if (kind < 0)
        return kind;
    faults->kinds[kind].on = false;
    return 0;
}

struct cloud_fault *cloud_fault_find(struct cloud_faults *faults, enum cloud_fault_kind kind, uint64_t now_ms)
{
    struct cloud_fault *fault = &faults->kinds[kind];

    if (fault->on && fault->until_ms != 0 && now_ms >= fault->until_ms)
        fault->on = false;
    return fault->on ? fault : NULL;
}

struct cloud_fault *cloud_fault_take(struct cloud_faults *faults, enum cloud_fault_kind kind, uint64_t now_ms)
{
    struct cloud_fault *fault = cloud_fault_find(faults, kind, now_ms);

    if (fault == NULL)
        return NULL;
    fault->times_taken++;
    if (fault->times_left > 0 && --fault->times_left == 0)
        fault->on = false;
    return fault;
}
