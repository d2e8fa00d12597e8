#include "pin_book.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define HEADER "blynkd-pin-attempts 1"

static uint64_t rotate(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

static uint64_t read_le64(const uint8_t *bytes, size_t len)
{
    uint64_t value = 0;

    for (size_t i = 0; i < len; i++) {
        value |= (uint64_t)bytes[i] << (8 * i);
    }
    return value;
}

/* SipHash-2-4 (Aumasson, Bernstein 2012) of a short text; never 0, which means "not known". */
static uint64_t keyed_hash(const uint8_t salt[PIN_BOOK_SALT_SIZE], const char *text)
{
    const uint8_t *bytes = (const uint8_t *)text;
    size_t len = strlen(text);
    size_t left = len;
    uint64_t k0 = read_le64(salt, 8);
    uint64_t k1 = read_le64(salt + 8, 8);
    uint64_t v[4] = {k0 ^ UINT64_C(0x736f6d6570736575), k1 ^ UINT64_C(0x646f72616e646f6d),
                     k0 ^ UINT64_C(0x6c7967656e657261), k1 ^ UINT64_C(0x7465646279746573)};

    for (bool last = false; !last;) {
        last = left < 8;
        uint64_t block = last ? read_le64(bytes, left) | (uint64_t)len << 56 : read_le64(bytes, 8);
        v[3] ^= block;
        sip_round(v);
        sip_round(v);
        v[0] ^= block;
        bytes += last ? 0 : 8;
        left -= last ? 0 : 8;
    }
    v[2] ^= 0xff;
    for (int i = 0; i < 4; i++) {
        sip_round(v);
    }
    uint64_t hash = v[0] ^ v[1] ^ v[2] ^ v[3];
    return hash ? hash : 1;
}

static const char *outcome_word(enum pin_outcome outcome)
{
    static const char *const words[] = {
#define PIN_WORD(name, word) [name] = (word),
        PIN_OUTCOMES(PIN_WORD)
#undef PIN_WORD
    };
    return words[outcome];
}

static bool outcome_parse(const char *word, enum pin_outcome *outcome)
{
    static const enum pin_outcome all[] = {PIN_PENDING, PIN_OK, PIN_FAILED};

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (strcmp(outcome_word(all[i]), word) == 0) {
            *outcome = all[i];
            return true;
        }
    }
    return false;
}

void pin_book_clear(struct pin_book *book, const uint8_t salt[PIN_BOOK_SALT_SIZE])
{
    memset(book, 0, sizeof(*book));
    memcpy(book->salt, salt, PIN_BOOK_SALT_SIZE);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Reads exactly `digits` digits and the blank or line end after them. */
static bool read_hex(const char **text, unsigned digits, uint64_t *value)
{
    *value = 0;
    for (unsigned i = 0; i < digits; i++) {
        int digit = hex_digit(**text);
        if (digit < 0) {
            return false;
        }
        *value = *value << 4 | (uint64_t)digit;
        (*text)++;
    }
    return true;
}

static bool read_blank(const char **text)
{
    return *(*text)++ == ' ';
}

static bool read_outcome(const char **text, enum pin_outcome *outcome)
{
    char word[16];
    size_t len = strcspn(*text, " ");

    if (len >= sizeof(word)) {
        return false;
    }
    memcpy(word, *text, len);
    word[len] = '\0';
    *text += len;
    return outcome_parse(word, outcome);
}

static bool read_flag(const char **text, bool *flag)
{
    char c = *(*text)++;

    *flag = c == '1';
    return c == '0' || c == '1';
}

static bool parse_record(struct pin_book *book, const char *line)
{
    struct pin_record record = {0};

    if (book->count == PIN_BOOK_MAX || !read_hex(&line, 16, &record.card) || !read_blank(&line) ||
        !read_hex(&line, 16, &record.pin) || !read_blank(&line) || !read_outcome(&line, &record.outcome) ||
        !read_blank(&line) || !read_flag(&line, &record.good_before) || !read_blank(&line) ||
        !read_flag(&line, &record.again) || *line) {
        return false;
    }
    book->records[book->count++] = record;
    return true;
}

static bool parse_salt(struct pin_book *book, const char *line)
{
    if (strncmp(line, "salt ", 5) != 0) {
        return false;
    }
    line += 5;
    for (size_t i = 0; i < PIN_BOOK_SALT_SIZE; i++) {
        uint64_t byte;
        if (!read_hex(&line, 2, &byte)) {
            return false;
        }
        book->salt[i] = (uint8_t)byte;
    }
    return *line == '\0';
}

int pin_book_parse(struct pin_book *book, const char *text, size_t len)
{
    char copy[PIN_BOOK_FILE_MAX + 1];
    char *rest = copy;
    unsigned number = 0;

    memset(book, 0, sizeof(*book));
    if (len > PIN_BOOK_FILE_MAX || memchr(text, '\0', len) || len == 0 || text[len - 1] != '\n') {
        return -EINVAL;
    }
    memcpy(copy, text, len);
    copy[len] = '\0';
    for (char *line = strsep(&rest, "\n"); line && (rest || *line); line = strsep(&rest, "\n"), number++) {
        bool sound = number == 0   ? strcmp(line, HEADER) == 0
                     : number == 1 ? parse_salt(book, line)
                                   : parse_record(book, line);
        if (!sound) {
            return -EINVAL;
        }
    }
    return number >= 2 ? 0 : -EINVAL;
}

int pin_book_format(const struct pin_book *book, char *out, size_t size)
{
    size_t used = (size_t)snprintf(out, size, "%s\nsalt ", HEADER);

    for (size_t i = 0; i < PIN_BOOK_SALT_SIZE && used < size; i++) {
        used += (size_t)snprintf(out + used, size - used, "%02x%s", book->salt[i],
                                 i == PIN_BOOK_SALT_SIZE - 1 ? "\n" : "");
    }
    for (size_t i = 0; i < book->count && used < size; i++) {
        const struct pin_record *record = &book->records[i];
        used += (size_t)snprintf(out + used, size - used, "%016" PRIx64 " %016" PRIx64 " %s %d %d\n",
                                 record->card, record->pin, outcome_word(record->outcome),
                                 record->good_before, record->again);
    }
    return used < size ? (int)used : -ENOSPC;
}

static uint64_t card_hash(const struct pin_book *book, const char *iccid)
{
    return iccid[0] ? keyed_hash(book->salt, iccid) : 0;
}

/* A card whose number is not known may be any card. */
static bool concerns(const struct pin_record *record, uint64_t card, uint64_t pin)
{
    return record->pin == pin && (record->card == card || record->card == 0 || card == 0);
}

static bool may_try_again(const struct pin_record *record)
{
    return record->outcome == PIN_PENDING && record->good_before && !record->again;
}

static struct pin_record *find_exact(struct pin_book *book, uint64_t card, uint64_t pin)
{
    for (size_t i = 0; i < book->count; i++) {
        if (book->records[i].pin == pin && book->records[i].card == card) {
            return &book->records[i];
        }
    }
    return NULL;
}

/* Room for one more: the oldest record that forbids nothing goes. NULL: there is none. */
static struct pin_record *add(struct pin_book *book)
{
    for (size_t i = 0; book->count == PIN_BOOK_MAX && i < book->count; i++) {
        if (book->records[i].outcome == PIN_OK) {
            memmove(&book->records[i], &book->records[i + 1],
                    (book->count - i - 1) * sizeof(book->records[0]));
            book->count--;
        }
    }
    return book->count < PIN_BOOK_MAX ? &book->records[book->count++] : NULL;
}

enum pin_verdict pin_book_begin(struct pin_book *book, const char *iccid, const char *pin)
{
    uint64_t card = card_hash(book, iccid);
    uint64_t hash = keyed_hash(book->salt, pin);
    bool good_before = false;
    bool again = false;

    for (size_t i = 0; i < book->count; i++) {
        const struct pin_record *record = &book->records[i];
        if (!concerns(record, card, hash)) {
            continue;
        }
        if (record->outcome == PIN_FAILED) {
            return PIN_WAS_REFUSED;
        }
        if (record->outcome == PIN_PENDING && !may_try_again(record)) {
            return PIN_OUTCOME_UNKNOWN;
        }
        good_before = good_before || record->good_before;
        again = again || record->outcome == PIN_PENDING;
    }
    struct pin_record *record = find_exact(book, card, hash);
    if (!record) {
        record = add(book);
    }
    if (!record) {
        return PIN_NOT_WRITTEN;
    }
    *record = (struct pin_record){
        .card = card, .pin = hash, .outcome = PIN_PENDING, .good_before = good_before, .again = again};
    return PIN_MAY_BE_SENT;
}

void pin_book_end(struct pin_book *book, const char *iccid, const char *pin, bool accepted)
{
    uint64_t card = card_hash(book, iccid);
    uint64_t hash = keyed_hash(book->salt, pin);

    for (size_t i = 0; i < book->count; i++) {
        struct pin_record *record = &book->records[i];
        if (!concerns(record, card, hash) || record->outcome != PIN_PENDING) {
            continue;
        }
        record->outcome = accepted ? PIN_OK : PIN_FAILED;
        record->good_before = record->good_before || accepted;
        record->again = false;
    }
}
