#include "control.h"

#include "modem.h"
#include "print.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ANSWER_BYTES 4096
#define WAITING_MAX  65536

struct control_write {
    uv_write_t request;
    char text[ANSWER_BYTES];
};

static void on_client_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void drop_client(struct control_client *client)
{
    for (int i = 0; i < CONTROL_CLIENTS; i++)
        if (client->control->clients[i] == client)
            client->control->clients[i] = NULL;
    if (!uv_is_closing((uv_handle_t *)&client->pipe))
        uv_close((uv_handle_t *)&client->pipe, on_client_closed);
}

static void on_written(uv_write_t *request, int status)
{
    (void)status;
    free(request->data);
}

static void answer_line(struct control_client *client)
{
    struct control_write *write = malloc(sizeof *write);
    uv_buf_t buffer;
    size_t used;

    if (write == NULL) {
        drop_client(client);
        return;
    }
    write->request.data = write;
    client->line[client->length] = '\0';
    if (client->overlong)
        snprintf(write->text, sizeof write->text, "error the line is too long");
    else
        control_run(client->control->modem, client->line, write->text, sizeof write->text - 1);
    used = strlen(write->text);
    write->text[used++] = '\n';
    buffer = uv_buf_init(write->text, (unsigned)used);
    if (uv_write(&write->request, (uv_stream_t *)&client->pipe, &buffer, 1, on_written) < 0)
        free(write);
    if (uv_stream_get_write_queue_size((uv_stream_t *)&client->pipe) > WAITING_MAX)
        drop_client(client);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    static char bytes[1024];

    (void)handle;
    (void)suggested;
    *buffer = uv_buf_init(bytes, sizeof bytes);
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
    struct control_client *client = stream->data;

    if (count < 0) {
        drop_client(client);
        return;
    }
    for (ssize_t i = 0; i < count && !uv_is_closing((uv_handle_t *)stream); i++) {
        char byte = buffer->base[i];

        if (byte == '\n') {
            answer_line(client);
            client->length = 0;
            client->overlong = false;
        } else if (client->length + 1 >= sizeof client->line) {
            client->overlong = true;
        } else if (byte != '\r' && byte != '\0') {
            client->line[client->length++] = byte;
        }
    }
}

static struct control_client **free_place(struct control *control)
{
    for (int i = 0; i < CONTROL_CLIENTS; i++)
        if (control->clients[i] == NULL)
            return &control->clients[i];
    return NULL;
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct control *control = listener->data;
    struct control_client **place = free_place(control);
    struct control_client *client = calloc(1, sizeof *client);

    if (status < 0 || client == NULL) {
        free(client);
        return;
    }
    client->control = control;
    uv_pipe_init(control->modem->loop, &client->pipe, 0);
    client->pipe.data = client;
    if (uv_accept(listener, (uv_stream_t *)&client->pipe) < 0 || place == NULL) {
        drop_client(client);
        return;
    }
    *place = client;
    uv_read_start((uv_stream_t *)&client->pipe, on_alloc, on_read);
}

void control_init(struct modem *modem)
{
    modem->control.modem = modem;
    uv_pipe_init(modem->loop, &modem->control.listener, 0);
    modem->control.listener.data = &modem->control;
}

int control_listen(struct modem *modem, const char *path)
{
    struct control *control = &modem->control;
    struct stat found;
    int result;

    if (lstat(path, &found) == 0 && S_ISSOCK(found.st_mode))
        unlink(path);
    result = uv_pipe_bind(&control->listener, path);
    if (result == 0)
        result = uv_listen((uv_stream_t *)&control->listener, CONTROL_CLIENTS, on_connection);
    if (result < 0) {
        print_problem("--control %s: %s%s", path, uv_strerror(result),
                      result == UV_EACCES ? " (or its directory is not there)"
                                          : ""); /* libuv makes one of both */
        return result;
    }
    control->path = path;
    control->listening = true;
    return 0;
}

/* libuv removes the socket file of a listener that it closes. */
void control_close(struct modem *modem)
{
    struct control *control = &modem->control;

    for (int i = 0; i < CONTROL_CLIENTS; i++)
        if (control->clients[i] != NULL)
            drop_client(control->clients[i]);
    uv_close((uv_handle_t *)&control->listener, NULL);
}
