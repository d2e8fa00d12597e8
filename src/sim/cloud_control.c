#include "cloud_control.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cloud_conn.h"
#include "cloud_conn_tls.h"
#include "cloud_device.h"

#define LINE_MAX_BYTES (2 * CLOUD_BODY_MAX_BYTES + 64)

struct cloud_control {
    uv_pipe_t pipe;
    struct cloud *cloud;
    struct control_client *clients;
};

struct control_client {
    uv_pipe_t pipe;
    struct cloud *cloud;
    struct control_client *next;
    struct cloud_bytes in;
};

struct control_write {
    uv_write_t request;
    struct cloud_bytes bytes;
};

static void control_error(struct cloud_bytes *answer, const char *text)
{
    cloud_bytes_clear(answer);
    cloud_bytes_printf(answer, "error %s", text);
}

static void control_fault(struct cloud *cloud, const char *spec, struct cloud_bytes *answer)
{
    char error[200] = "";

    if (cloud_fault_set(&cloud->faults, spec, cloud_now_ms(cloud), error, sizeof error) < 0) {
        control_error(answer, error);
        return;
    }
    if (!cloud_fault_check(cloud, error, sizeof error)) {
        control_error(answer, error);
        return;
    }
    cloud_say(cloud, 0, "fault on: %s", spec);
    cloud_tick_now(cloud);
}

static void control_clear(struct cloud *cloud, const char *name, struct cloud_bytes *answer)
{
    if (cloud_fault_clear(&cloud->faults, name) < 0) {
        control_error(answer, "no such fault");
        return;
    }
    cloud_say(cloud, 0, "fault off: %s", name);
    cloud_tick_now(cloud);
}

/* V5 value [value ...]: like an app; the values end at blanks. */
static void control_write_pin(struct cloud *cloud, char *text, struct cloud_bytes *answer)
{
    struct cloud_bytes values = {0};
    struct cloud_pin_name pin;
    char *rest = NULL;
    char *word = strtok_r(text, " ", &rest);
    size_t count = 0;

    if (word == NULL ||
        !cloud_pin_name_parse((struct cloud_field){word, strlen(word)}, cloud_pin_max(cloud), &pin)) {
        control_error(answer, "write needs a pin such as V5, then values");
        return;
    }
    while ((word = strtok_r(NULL, " ", &rest)) != NULL) {
        if (count++ > 0)
            cloud_bytes_append_byte(&values, 0);
        cloud_bytes_append_text(&values, word);
    }
    if (++cloud->phone_id == 0)
        cloud->phone_id = 1;
    if (count == 0)
        control_error(answer, "write needs a value");
    else
        cloud_device_push(cloud, &cloud->projects[0], pin, cloud->phone_id, values.data, values.len);
    cloud_bytes_free(&values);
}

/* Does something to every device; answers how many there were. */
static size_t control_each_device(struct cloud *cloud,
                                  void (*act)(struct cloud_conn *conn, struct cloud_bytes *arg),
                                  struct cloud_bytes *arg)
{
    size_t count = 0;

    for (struct cloud_conn *conn = cloud->conns; conn != NULL; conn = conn->next) {
        if (conn->kind != CLOUD_CONN_DEVICE || conn->closing)
            continue;
        act(conn, arg);
        count++;
    }
    return count;
}

static void act_close(struct cloud_conn *conn, struct cloud_bytes *arg)
{
    (void)arg;
    cloud_conn_finish(conn, "told to close");
}

static void act_reset(struct cloud_conn *conn, struct cloud_bytes *arg)
{
    (void)arg;
    cloud_conn_reset(conn, "told to reset");
}

static void act_send_raw(struct cloud_conn *conn, struct cloud_bytes *arg)
{
    struct cloud_bytes copy = {0};

    cloud_say(conn->cloud, conn->number, "-> %zu raw bytes", arg->len);
    cloud_bytes_append(&copy, arg->data, arg->len);
    cloud_conn_send(conn, &copy);
}

static void act_internal(struct cloud_conn *conn, struct cloud_bytes *arg)
{
    cloud_device_send(conn, CLOUD_INTERNAL, CLOUD_ID_INTERNAL, arg->data, arg->len);
}

static void control_internal(struct cloud *cloud, const char *text, struct cloud_bytes *answer)
{
    struct cloud_bytes body = {0};

    cloud_bytes_append_text(&body, text);
    for (size_t i = 0; i < body.len; i++) {
        if (body.data[i] == ' ')
            body.data[i] = '\0';
    }
    if (body.len == 0)
        control_error(answer, "internal needs words, such as: acon");
    else
        control_each_device(cloud, act_internal, &body);
    cloud_bytes_free(&body);
}

static bool hex_append(struct cloud_bytes *out, const char *hex)
{
    char pair[3] = "";

    for (; *hex != '\0'; hex += 2) {
        if (!isxdigit((unsigned char)hex[0]) || !isxdigit((unsigned char)hex[1]))
            return false;
        memcpy(pair, hex, 2);
        cloud_bytes_append_byte(out, (uint8_t)strtoul(pair, NULL, 16));
    }
    return out->len > 0;
}

static void control_send(struct cloud *cloud, const char *hex, struct cloud_bytes *answer)
{
    struct cloud_bytes bytes = {0};

    if (hex_append(&bytes, hex))
        control_each_device(cloud, act_send_raw, &bytes);
    else
        control_error(answer, "send needs bytes in hex");
    cloud_bytes_free(&bytes);
}

void cloud_control_line(struct cloud *cloud, char *line, struct cloud_bytes *answer)
{
    size_t word_len = strcspn(line, " ");
    char *rest = line + word_len + strspn(line + word_len, " ");
    struct cloud_field word = {line, word_len};

    cloud_bytes_append_text(answer, "ok");
    if (cloud_field_is(word, "fault")) {
        control_fault(cloud, rest, answer);
    } else if (cloud_field_is(word, "clear")) {
        control_clear(cloud, rest, answer);
    } else if (cloud_field_is(word, "stats")) {
        cloud_bytes_append_byte(answer, ' ');
        cloud_show_counters(answer, cloud);
    } else if (cloud_field_is(word, "connections")) {
        cloud_bytes_append_byte(answer, ' ');
        cloud_record_show(answer, cloud);
    } else if (cloud_field_is(word, "write")) {
        control_write_pin(cloud, rest, answer);
    } else if (cloud_field_is(word, "internal")) {
        control_internal(cloud, rest, answer);
    } else if (cloud_field_is(word, "send")) {
        control_send(cloud, rest, answer);
    } else if (cloud_field_is(word, "close")) {
        control_each_device(cloud, act_close, NULL);
    } else if (cloud_field_is(word, "reset")) {
        control_each_device(cloud, act_reset, NULL);
    } else {
        control_error(answer, "the words are: fault clear stats connections write internal send close reset");
    }
}

static void on_client_closed(uv_handle_t *handle)
{
    struct control_client *client = handle->data;

    cloud_bytes_free(&client->in);
    free(client);
}

static void client_close(struct control_client *client)
{
    struct control_client **link = &client->cloud->control->clients;

    while (*link != client)
        link = &(*link)->next;
    *link = client->next;
    uv_close((uv_handle_t *)&client->pipe, on_client_closed);
}

static void on_client_written(uv_write_t *request, int status)
{
    struct control_write *write = request->data;

    (void)status; /* a client that is gone is noticed by reading */
    cloud_bytes_free(&write->bytes);
    free(write);
}

static void client_answer(struct control_client *client, char *line)
{
    struct control_write *write = cloud_alloc(sizeof *write);
    uv_buf_t buf;

    cloud_control_line(client->cloud, line, &write->bytes);
    cloud_bytes_append_byte(&write->bytes, '\n');
    write->request.data = write;
    buf = uv_buf_init((char *)write->bytes.data, (unsigned)write->bytes.len);
    if (uv_write(&write->request, (uv_stream_t *)&client->pipe, &buf, 1, on_client_written) < 0)
        on_client_written(&write->request, 0);
}

static void client_process(struct control_client *client)
{
    uint8_t *end;

    while (client->in.len > 0 && (end = memchr(client->in.data, '\n', client->in.len)) != NULL) {
        size_t len = (size_t)(end - client->in.data) + 1;

        *end = '\0';
        if (len > 1 && end[-1] == '\r')
            end[-1] = '\0';
        client_answer(client, (char *)client->in.data);
        cloud_bytes_consume(&client->in, len);
    }
}

static void on_client_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    static char shared[4096];

    (void)handle;
    (void)suggested;
    *buf = uv_buf_init(shared, sizeof shared);
}

static void on_client_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf)
{
    struct control_client *client = stream->data;

    if (count > 0) {
        cloud_bytes_append(&client->in, buf->base, (size_t)count);
        client_process(client);
    }
    if (count < 0 || client->in.len > LINE_MAX_BYTES)
        client_close(client);
}

static void on_control_connection(uv_stream_t *server, int status)
{
    struct cloud_control *control = server->data;
    struct control_client *client;

    if (status < 0)
        return;
    client = cloud_alloc(sizeof *client);
    client->cloud = control->cloud;
    uv_pipe_init(control->cloud->loop, &client->pipe, 0);
    client->pipe.data = client;
    client->next = control->clients;
    control->clients = client;
    if (uv_accept(server, (uv_stream_t *)&client->pipe) < 0)
        client_close(client);
    else
        uv_read_start((uv_stream_t *)&client->pipe, on_client_alloc, on_client_read);
}

static void on_control_closed(uv_handle_t *handle)
{
    free(handle->data);
}

int cloud_control_open(struct cloud *cloud)
{
    struct cloud_control *control = cloud_alloc(sizeof *control);
    int result;

    control->cloud = cloud;
    uv_pipe_init(cloud->loop, &control->pipe, 0);
    control->pipe.data = control;
    unlink(cloud->options.control_path);
    result = uv_pipe_bind(&control->pipe, cloud->options.control_path);
    if (result == 0)
        result = uv_listen((uv_stream_t *)&control->pipe, 16, on_control_connection);
    if (result < 0) {
        uv_close((uv_handle_t *)&control->pipe, on_control_closed);
        return result;
    }
    cloud->control = control;
    return 0;
}

void cloud_control_close(struct cloud *cloud)
{
    struct cloud_control *control = cloud->control;

    if (control == NULL)
        return;
    while (control->clients != NULL)
        client_close(control->clients);
    cloud->control = NULL;
    uv_close((uv_handle_t *)&control->pipe, on_control_closed); /* removes the file too */
}
