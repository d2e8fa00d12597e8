#include "show.h"

#include "client.h"
#include "state.h"

#include "blynkd/base/scan.h"

#include <limits.h>
#include <string.h>

void show_begin(struct show *show, struct api_client *client)
{
    struct buf *scratch = &client->server->show;

    buf_clear(scratch);
    *show = (struct show){
        .client = client,
        .reply = {.buf = scratch, .protocol = client->reply.protocol},
    };
}

static void value_of(struct reply *reply, const char *value, bool number)
{
    long whole;

    if (!number) {
        reply_text(reply, value);
    } else if (scan_int(value, LONG_MIN, LONG_MAX, &whole) == 0) {
        reply_integer(reply, whole);
    } else {
        reply_double(reply, value);
    }
}

void show_pair(void *arg, const char *key, const char *value, bool number)
{
    struct show *show = arg;

    reply_text(&show->reply, key);
    value_of(&show->reply, value, number);
    show->count++;
}

void show_line(void *arg, const char *key, const char *value, bool number)
{
    struct show *show = arg;

    (void)key;
    (void)number;
    reply_text(&show->reply, value);
    show->count++;
}

static void copy_out(struct show *show)
{
    struct reply *reply = &show->client->reply;

    reply_bytes(reply, buf_bytes(show->reply.buf), buf_len(show->reply.buf));
    reply->full |= show->reply.full;
    buf_clear(show->reply.buf);
}

void show_end_map(struct show *show)
{
    reply_map(&show->client->reply, show->count);
    copy_out(show);
}

void show_end_array(struct show *show)
{
    reply_array(&show->client->reply, show->count);
    copy_out(show);
}
