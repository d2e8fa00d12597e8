#include "cloud_http.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "cloud_device.h"

#define REQUEST_MAX_BYTES 65536

struct http_request {
    struct cloud_field method, path, query;
    bool keep_alive;
};

struct http_answer {
    unsigned status;
    const char *type;
    struct cloud_bytes body;
};

static const char type_json[] = "application/json";
static const char type_text[] = "text/plain";

bool cloud_http_recognise(const uint8_t *data, size_t len)
{
    static const char *const methods[] = {"GET ", "PUT ", "POST ", "HEAD ", "DELETE ", "OPTIONS "};

    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        size_t method_len = strlen(methods[i]);

        if (memcmp(data, methods[i], len < method_len ? len : method_len) == 0)
            return true;
    }
    return false;
}

static const char *http_reason(unsigned status)
{
    return status == 200 ? "OK" : status == 400 ? "Bad Request" : status == 404 ? "Not Found" : "Error";
}

static void http_send(struct cloud_conn *conn, struct http_answer *answer, bool keep_alive)
{
    struct cloud_bytes out = {0};

    cloud_bytes_printf(&out, "HTTP/1.1 %u %s\r\n", answer->status, http_reason(answer->status));
    cloud_bytes_printf(&out, "connection: %s\r\n", keep_alive ? "keep-alive" : "close");
    if (answer->type != NULL)
        cloud_bytes_printf(&out, "content-type: %s;charset=utf-8\r\n", answer->type);
    cloud_bytes_printf(&out, "access-control-allow-origin: *\r\ncontent-length: %zu\r\n\r\n",
                       answer->body.len);
    cloud_bytes_append(&out, answer->body.data, answer->body.len);
    cloud_bytes_free(&answer->body);
    cloud_conn_send(conn, &out);
}

static void http_fail(struct http_answer *answer, unsigned status, const char *text)
{
    answer->status = status;
    answer->type = type_text;
    cloud_bytes_clear(&answer->body);
    cloud_bytes_append_text(&answer->body, text);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void http_append_decoded(struct cloud_bytes *out, struct cloud_field text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '%' && i + 2 < text.len && hex_digit(text.data[i + 1]) >= 0 &&
            hex_digit(text.data[i + 2]) >= 0) {
            cloud_bytes_append_byte(
                out, (uint8_t)(hex_digit(text.data[i + 1]) * 16 + hex_digit(text.data[i + 2])));
            i += 2;
        } else {
            cloud_bytes_append_byte(out, text.data[i] == '+' ? ' ' : (uint8_t)text.data[i]);
        }
    }
}

/* Cuts `rest` at the first `mark`; answers the part before it. */
static struct cloud_field field_cut(struct cloud_field *rest, char mark)
{
    struct cloud_field part = *rest;
    const char *at = rest->len > 0 ? memchr(rest->data, mark, rest->len) : NULL;

    if (at == NULL) {
        rest->data += rest->len;
        rest->len = 0;
        return part;
    }
    part.len = (size_t)(at - rest->data);
    rest->data = at + 1;
    rest->len -= part.len + 1;
    return part;
}

/* The values of ?value=a&value=b with a NUL between them; answers their number. */
static size_t http_query_values(struct cloud_field query, struct cloud_bytes *values)
{
    size_t count = 0;

    while (query.len > 0) {
        struct cloud_field pair = field_cut(&query, '&');
        struct cloud_field key = field_cut(&pair, '=');

        if (!cloud_field_is(key, "value"))
            continue;
        if (count++ > 0)
            cloud_bytes_append_byte(values, 0);
        http_append_decoded(values, pair);
    }
    return count;
}

static void http_get(struct cloud_project *project, struct cloud_pin_name pin, struct http_answer *answer)
{
    const struct cloud_pin *found = cloud_store_find(&project->store, pin);

    if (found == NULL)
        http_fail(answer, 400, "Requested pin doesn't exist in the app.");
    else
        cloud_store_show_values(&answer->body, found);
}

static void http_update(struct cloud *cloud, struct cloud_project *project, struct cloud_pin_name pin,
                        struct cloud_field query, struct http_answer *answer)
{
    struct cloud_bytes values = {0};

    answer->type = NULL;
    if (http_query_values(query, &values) == 0 || values.len == 0)
        http_fail(answer, 400, "No value for the pin in the request.");
    else
        cloud_device_push(cloud, project, pin, CLOUD_ID_HTTP, values.data, values.len);
    cloud_bytes_free(&values);
}

/* The calls without a pin; false when it is none of them. */
static bool http_project_call(struct cloud *cloud, struct cloud_project *project, struct cloud_field call,
                              struct cloud_bytes *body)
{
    if (cloud_field_is(call, "isHardwareConnected"))
        cloud_bytes_append_text(body, project->devices > 0 ? "true" : "false");
    else if (cloud_field_is(call, "frames"))
        cloud_show_counters(body, cloud);
    else if (cloud_field_is(call, "connections"))
        cloud_record_show(body, cloud);
    else if (cloud_field_is(call, "events"))
        cloud_store_show_events(body, &project->store);
    else if (cloud_field_is(call, "properties"))
        cloud_store_show_properties(body, &project->store);
    else if (cloud_field_is(call, "meta"))
        cloud_store_show_meta(body, &project->store);
    else if (cloud_field_is(call, "info"))
        cloud_store_show_info(body, &project->store);
    else
        return false;
    return true;
}

static void http_answer_request(struct cloud *cloud, const struct http_request *request,
                                struct http_answer *answer)
{
    struct cloud_field rest = request->path;
    struct cloud_field token, call, pin_text;
    struct cloud_project *project;
    struct cloud_pin_name pin;

    field_cut(&rest, '/'); /* what stands before the first slash: nothing */
    token = field_cut(&rest, '/');
    call = field_cut(&rest, '/');
    pin_text = field_cut(&rest, '/');
    project = cloud_find_project(cloud, token.data, token.len);
    if (!cloud_field_is(request->method, "GET"))
        http_fail(answer, 404, "Only GET is known here.");
    else if (project == NULL)
        http_fail(answer, 400, "Invalid token.");
    else if (http_project_call(cloud, project, call, &answer->body))
        answer->type = type_json;
    else if (!cloud_pin_name_parse(pin_text, cloud_pin_max(cloud), &pin))
        http_fail(answer, 400, "Wrong pin format.");
    else if (cloud_field_is(call, "get"))
        http_get(project, pin, answer);
    else if (cloud_field_is(call, "update"))
        http_update(cloud, project, pin, request->query, answer);
    else if (cloud_field_is(call, "history"))
        cloud_store_show_history(&answer->body, &project->store, pin);
    else
        http_fail(answer, 404, "No such call.");
}

/* Finds "connection: close" among the header lines. */
static bool http_wants_close(struct cloud_field head)
{
    static const char name[] = "connection:";

    while (head.len > 0) {
        struct cloud_field line = field_cut(&head, '\n');

        if (line.len < sizeof name - 1 || strncasecmp(line.data, name, sizeof name - 1) != 0)
            continue;
        field_cut(&line, ':');
        for (; line.len >= 5; line.data++, line.len--) {
            if (strncasecmp(line.data, "close", 5) == 0)
                return true;
        }
    }
    return false;
}

static void http_parse(struct cloud_field head, struct http_request *request)
{
    struct cloud_field line = field_cut(&head, '\n');
    struct cloud_field target;

    request->method = field_cut(&line, ' ');
    target = field_cut(&line, ' ');
    request->path = field_cut(&target, '?');
    request->query = target;
    request->keep_alive = line.len >= 8 && memcmp(line.data, "HTTP/1.1", 8) == 0 && !http_wants_close(head);
}

static void http_request_do(struct cloud_conn *conn, struct cloud_field head)
{
    struct http_request request;
    struct http_answer answer = {.status = 200, .type = type_json};

    http_parse(head, &request);
    conn->cloud->counters.http_requests++;
    http_answer_request(conn->cloud, &request, &answer);
    cloud_say(conn->cloud, conn->number, "http %.*s %.*s%s%.*s: %u", (int)request.method.len,
              request.method.data, (int)request.path.len, request.path.data, request.query.len > 0 ? "?" : "",
              (int)request.query.len, request.query.len > 0 ? request.query.data : "", answer.status);
    http_send(conn, &answer, request.keep_alive);
    if (!request.keep_alive)
        cloud_conn_finish(conn, NULL);
}

void cloud_http_process(struct cloud_conn *conn)
{
    while (!conn->closing && !conn->finishing && conn->in.len > 0) {
        const uint8_t *end = memmem(conn->in.data, conn->in.len, "\r\n\r\n", 4);
        size_t len;

        if (end == NULL) {
            if (conn->in.len > REQUEST_MAX_BYTES)
                cloud_conn_reset(conn, "an HTTP request without end");
            return;
        }
        len = (size_t)(end - conn->in.data) + 4;
        http_request_do(conn, (struct cloud_field){(const char *)conn->in.data, len});
        cloud_bytes_consume(&conn->in, len);
    }
}
