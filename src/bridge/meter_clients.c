/* Which local program wrote how much this month. */
#include "meter_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OTHERS "others"

_Static_assert(METER_CLIENT_MAX + sizeof("client.") - 1 + sizeof(".messages") - 1 <= METER_NAME_MAX,
               "a client's name fits into the name of its number");

static void copy_name(char out[METER_CLIENT_MAX], const char *name)
{
    size_t len = 0;

    for (; name[len] && len + 1 < METER_CLIENT_MAX; len++) {
        bool is_plain = name[len] >= ' ' && name[len] <= '~';
        out[len] = '_';
        if (is_plain) {
            out[len] = name[len];
        }
    }
    out[len] = '\0';
}

struct meter_client_entry *meter_client_entry(struct meter_client_book *book, const char *name)
{
    char clean[METER_CLIENT_MAX];

    copy_name(clean, name ? name : "");
    if (!clean[0] || strcmp(clean, OTHERS) == 0) {
        return &book->others;
    }
    for (size_t i = 0; i < book->count; i++) {
        if (strcmp(book->entries[i].name, clean) == 0) {
            return &book->entries[i];
        }
    }
    if (book->count == METER_CLIENTS) {
        return &book->others;
    }
    struct meter_client_entry *entry = &book->entries[book->count++];
    memset(entry, 0, sizeof(*entry));
    memcpy(entry->name, clean, sizeof(clean));
    return entry;
}

static void add(struct meter_client_entry *entry, uint64_t messages, uint64_t bytes)
{
    entry->messages = meter_sum(entry->messages, messages);
    entry->bytes = meter_sum(entry->bytes, bytes);
    entry->unsaved = true;
}

void meter_client(struct meter *meter, const char *name, uint64_t messages, uint64_t bytes)
{
    meter_update(meter);
    add(meter_client_entry(&meter->clients, name), messages, bytes);
}

static void add_book(struct meter_client_book *to, const struct meter_client_book *book)
{
    for (size_t i = 0; i < book->count; i++) {
        add(meter_client_entry(to, book->entries[i].name), book->entries[i].messages, book->entries[i].bytes);
    }
    if (book->others.messages || book->others.bytes) {
        add(&to->others, book->others.messages, book->others.bytes);
    }
}

void meter_clients_new_month(struct meter *meter)
{
    add_book(&meter->left_clients, &meter->clients);
    memset(&meter->clients, 0, sizeof(meter->clients));
    meter_forget(meter, "client.");
}

/* What was counted since belongs to the month that goes on. */
void meter_clients_taken_back(struct meter *meter)
{
    add_book(&meter->clients, &meter->left_clients);
    meter_clients_forget_left(meter);
}

void meter_clients_forget_left(struct meter *meter)
{
    memset(&meter->left_clients, 0, sizeof(meter->left_clients));
}

static void show_client(const struct meter_client_entry *entry, const char *name, meter_show_fn *show,
                        void *arg)
{
    char text[80];

    snprintf(text, sizeof(text), "%" PRIu64 " messages, %" PRIu64 " bytes", entry->messages, entry->bytes);
    show(arg, name, text, false);
}

static int by_use(const void *a, const void *b)
{
    const struct meter_client_entry *first = a;
    const struct meter_client_entry *second = b;

    if (first->messages != second->messages) {
        return first->messages > second->messages ? -1 : 1;
    }
    return strcmp(first->name, second->name);
}

void meter_show_clients(const struct meter *meter, meter_show_fn *show, void *arg)
{
    struct meter_client_book book = meter->clients;

    qsort(book.entries, book.count, sizeof(book.entries[0]), by_use);
    for (size_t i = 0; i < book.count; i++) {
        show_client(&book.entries[i], book.entries[i].name, show, arg);
    }
    if (book.others.messages || book.others.bytes) {
        show_client(&book.others, OTHERS, show, arg);
    }
}
