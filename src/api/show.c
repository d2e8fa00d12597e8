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

/* What does not fit any more is left out as a whole. */
static bool fits(const struct show *show, const char *key, const char *value)
{
    size_t heads = 64;

    return buf_room(show->reply.buf) > strlen(key) + strlen(value) + heads;
}

void show_pair(void *arg, const char *key, const char *value, bool number)
{
    struct show *show = arg;

    if (!fits(show, key, value)) {
        return;
    }
    reply_text(&show->reply, key);
    value_of(&show->reply, value, number);
    show->count++;
}

void show_line(void *arg, const char *key, const char *value, bool number)
{
    struct show *show = arg;

    (void)key;
    (void)number;
    if (fits(show, "", value)) {
        reply_text(&show->reply, value);
        show->count++;
    }
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
