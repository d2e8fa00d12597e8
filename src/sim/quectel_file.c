/*
 * Files of Quectel's LTE modules (B8): AT+QFUPL="name",5 / CONNECT / 5 bytes / +QFUPL: 5,checksum / OK, and what is
 * there. They survive a reboot.
 */
#include "at_result.h"
#include "modem.h"
#include "quectel.h"

#include <stdio.h>
#include <string.h>

/* The module's own numbers of errors (B8). */
enum { FILE_FULL = 403, FILE_NOT_FOUND = 405, FILE_EXISTS = 407, FILE_TIMEOUT = 421, FILE_TOO_LARGE = 423 };

/* Exclusive or of 16-bit words, the first byte high. */
static unsigned checksum(const uint8_t *bytes, size_t count)
{
    unsigned sum = 0;

    for (size_t i = 0; i < count; i++)
        sum ^= i % 2 == 0 ? (unsigned)bytes[i] << 8 : bytes[i];
    return sum;
}

static int uploaded(struct modem *modem)
{
    const struct line *line = &modem->line;

    if (!files_put(&modem->files, modem->quectel.file, line->payload, line->payload_length))
        return FILE_FULL;
    out_line(modem, OUT_ANSWER, "+QFUPL: %zu,%x", line->payload_length,
             checksum(line->payload, line->payload_length));
    return AT_OK;
}

/* What has come so far is the file. */
static int upload_late(struct modem *modem)
{
    const struct line *line = &modem->line;

    if (modem->at.state != AT_PROMPTING && modem->at.state != AT_PAYLOAD)
        return AT_PENDING;
    files_put(&modem->files, modem->quectel.file, line->payload, line->payload_length);
    line_reset(modem);
    return FILE_TIMEOUT;
}

/* The fourth argument, acknowledgements while it runs, is not simulated. */
static int run_qfupl(struct modem *modem, const struct at_call *call)
{
    long size, seconds = 5;
    int status;

    if (call->argc < 2 || call->argc > 3 || call->arg[0].text[0] == '\0' ||
        strlen(call->arg[0].text) >= FILE_NAME_MAX || !at_number(call, 1, 1, 1000000, &size) ||
        (call->argc == 3 && !at_number(call, 2, 1, 65535, &seconds)))
        return AT_ERROR;
    if (size > FILE_BYTES_MAX)
        return FILE_TOO_LARGE;
    if (files_find(&modem->files, call->arg[0].text) != NULL)
        return FILE_EXISTS;
    snprintf(modem->quectel.file, sizeof modem->quectel.file, "%s", call->arg[0].text);
    out_line(modem, OUT_ANSWER, "CONNECT");
    status = at_expect(modem, (size_t)size, uploaded);
    at_watch(modem, seconds * 1000, upload_late);
    return status;
}

static int run_qfdel(struct modem *modem, const struct at_call *call)
{
    return files_remove(&modem->files, call->arg[0].text) ? AT_OK : FILE_NOT_FOUND;
}

static int run_qflst(struct modem *modem, const struct at_call *call)
{
    const char *name = call->argc > 0 ? call->arg[0].text : "*";
    bool all = strcmp(name, "*") == 0;
    char text[FILES_COUNT * (FILE_NAME_MAX + 40)];
    size_t used = 0;

    for (int i = 0; i < FILES_COUNT; i++) {
        const struct file *file = &modem->files.all[i];

        if (file->name[0] != '\0' && (all || strcmp(file->name, name) == 0))
            used += (size_t)snprintf(text + used, sizeof text - used, "%s+QFLST: \"UFS:%s\",%zu",
                                     used > 0 ? "\r\n" : "", file->name, file->length);
    }
    if (used == 0)
        return all ? AT_OK : FILE_NOT_FOUND;
    out_line(modem, OUT_ANSWER, "%s", text);
    return AT_OK;
}

const struct at_command quectel_file_commands[] = {
    {"+QFUPL", run_qfupl, AT_SET, 0},
    {"+QFDEL", run_qfdel, AT_SET, 0},
    {"+QFLST", run_qflst, AT_SET | AT_EXEC, 0},
    {NULL, NULL, 0, 0},
};
