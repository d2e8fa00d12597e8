/* Whatever a modem says, and whatever stands in the file of PIN attempts, is read within bounds. */
#include "blynkd/modem/modem.h"
#include "modem/identity.h"
#include "modem/netreg.h"
#include "modem/pin_book.h"
#include "modem/profile.h"
#include "modem/rows.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_line(const char *line, size_t len)
{
    struct netreg_line parsed;
    struct identity identity;
    struct rows rows;
    char name[16];
    long access;
    int dbm;

    netreg_parse(line, len, &parsed);
    netreg_parse_signal(line, len, &dbm);
    netreg_parse_operator(line, len, name, sizeof(name), &access);
    identity_clear(&identity);
    identity_take_ati(&identity, line, len);
    identity_take_model(&identity, line, len);
    identity_take_imei(&identity, line, len);
    identity_take_iccid(&identity, line, len);
    identity_complete(&identity);
    rows_clear(&rows);
    for (size_t i = 0; i < modem_profile_count(); i++) {
        rows_take(&rows, modem_profile_at(i)->dialect, line, len);
    }
}

/* What was understood is written and read again to the same end. */
static void read_book(const char *text, size_t len)
{
    static struct pin_book book;
    static struct pin_book again;
    static char out[PIN_BOOK_FILE_MAX];

    if (pin_book_parse(&book, text, len) < 0) {
        return;
    }
    int written = pin_book_format(&book, out, sizeof(out));
    if (written < 0 || pin_book_parse(&again, out, (size_t)written) < 0 || again.count != book.count) {
        abort();
    }
    pin_book_begin(&book, "8949", "1234");
    pin_book_end(&book, "8949", "1234", len & 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;

    read_book(text, size);
    for (const char *end = text + size; text < end;) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        size_t len = stop ? (size_t)(stop - text) : (size_t)(end - text);
        read_line(text, len);
        text += len + 1;
    }
    return 0;
}
