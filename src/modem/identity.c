#include "identity.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define IMEI_MIN  14
#define IMEI_MAX  17
#define ICCID_MIN 18
#define ICCID_MAX 22

void identity_clear(struct identity *identity)
{
    memset(identity, 0, sizeof(*identity));
    identity->text[0] = '|';
}

/* Printable, without blanks and quotes at the ends, and without the sign that separates lines. */
static void copy_clean(char *out, size_t size, const char *text, size_t len)
{
    while (len > 0 && (*text == ' ' || *text == '"' || *text == ':')) {
        text++;
        len--;
    }
    while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '"')) {
        len--;
    }
    if (len > size - 1) {
        len = size - 1;
    }
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        out[i] = '?';
        if (c >= ' ' && c <= '~' && c != '|') {
            out[i] = c;
        }
    }
    out[len] = '\0';
}

/* Skips "+CGMM:" and the like, and one of the names that some firmware puts before the value. */
static void copy_value(char *out, size_t size, const char *line, size_t len)
{
    const char *colon = memchr(line, ':', len);

    if (colon) {
        len -= (size_t)(colon + 1 - line);
        line = colon + 1;
    }
    copy_clean(out, size, line, len);
}

static void append(struct identity *identity, const char *line, size_t len)
{
    char clean[96];
    size_t used = strlen(identity->text);

    copy_clean(clean, sizeof(clean), line, len);
    if (clean[0] == '\0' || used + strlen(clean) + 2 > sizeof(identity->text)) {
        return;
    }
    snprintf(identity->text + used, sizeof(identity->text) - used, "%s|", clean);
}

static bool starts_with(const char *line, size_t len, const char *start)
{
    size_t start_len = strlen(start);

    return len >= start_len && memcmp(line, start, start_len) == 0;
}

void identity_take_ati(struct identity *identity, const char *line, size_t len)
{
    append(identity, line, len);
    if (starts_with(line, len, "Manufacturer")) {
        identity_take_manufacturer(identity, line, len);
    } else if (starts_with(line, len, "Model")) {
        copy_value(identity->model, sizeof(identity->model), line, len);
    } else if (starts_with(line, len, "Revision")) {
        identity_take_firmware(identity, line, len);
    } else if (starts_with(line, len, "IMEI")) {
        identity_take_imei(identity, line, len);
    } else if (!memchr(line, ':', len) && identity->plain_count < 3) {
        copy_clean(identity->plain[identity->plain_count++], sizeof(identity->plain[0]), line, len);
    }
}

void identity_take_manufacturer(struct identity *identity, const char *line, size_t len)
{
    if (identity->manufacturer[0] == '\0') {
        copy_value(identity->manufacturer, sizeof(identity->manufacturer), line, len);
    }
}

void identity_take_model(struct identity *identity, const char *line, size_t len)
{
    char model[sizeof(identity->model)];

    copy_value(model, sizeof(model), line, len);
    append(identity, model, strlen(model));
    if (identity->model[0] == '\0') {
        memcpy(identity->model, model, sizeof(model));
    }
}

void identity_take_firmware(struct identity *identity, const char *line, size_t len)
{
    if (identity->firmware[0] == '\0') {
        copy_value(identity->firmware, sizeof(identity->firmware), line, len);
    }
}

/* The first longest run of bytes that `belongs` accepts. */
static size_t longest_run(const char *line, size_t len, bool (*belongs)(char c), const char **start)
{
    size_t best = 0;

    for (size_t i = 0; i < len; i++) {
        size_t run = 0;
        while (i + run < len && belongs(line[i + run])) {
            run++;
        }
        if (run > best) {
            best = run;
            *start = line + i;
        }
        i += run;
    }
    return best;
}

static bool is_decimal(char c)
{
    return isdigit((unsigned char)c) != 0;
}

/* '#' stands in some cards' numbers (facts/modems-aithinker-m590-esp8266.md 2.4). */
static bool is_iccid(char c)
{
    return isxdigit((unsigned char)c) || c == '#';
}

void identity_take_imei(struct identity *identity, const char *line, size_t len)
{
    const char *start = line;
    size_t run = longest_run(line, len, is_decimal, &start);

    if (run >= IMEI_MIN && run <= IMEI_MAX && identity->imei[0] == '\0') {
        copy_clean(identity->imei, sizeof(identity->imei), start, run);
    }
}

void identity_take_iccid(struct identity *identity, const char *line, size_t len)
{
    const char *start = line;
    size_t run = longest_run(line, len, is_iccid, &start);

    if (run >= ICCID_MIN && run <= ICCID_MAX) {
        copy_clean(identity->iccid, sizeof(identity->iccid), start, run);
    }
}

/* Maker, model, firmware on three lines, or the model (and firmware) on one. */
void identity_complete(struct identity *identity)
{
    const char *model = identity->plain[identity->plain_count >= 3 ? 1 : 0];

    if (identity->model[0] == '\0') {
        copy_clean(identity->model, sizeof(identity->model), model, strlen(model));
    }
    if (identity->plain_count < 3) {
        return;
    }
    identity_take_manufacturer(identity, identity->plain[0], strlen(identity->plain[0]));
    identity_take_firmware(identity, identity->plain[2], strlen(identity->plain[2]));
}
