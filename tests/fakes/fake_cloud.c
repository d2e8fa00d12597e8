#include "fake_cloud.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fake_cloud_send(struct fake_cloud *cloud, unsigned command, uint16_t id, const void *body, size_t len)
{
    uint8_t header[] = {(uint8_t)command, (uint8_t)(id >> 8), (uint8_t)id, (uint8_t)(len >> 8), (uint8_t)len};

    fake_stream_feed(cloud->stream, header, sizeof(header));
    if (command != BLYNK_RESPONSE && len) {
        fake_stream_feed(cloud->stream, body, len);
    }
}

void fake_cloud_respond(struct fake_cloud *cloud, uint16_t id, uint16_t status)
{
    fake_cloud_send(cloud, BLYNK_RESPONSE, id, NULL, status);
}

static void on_login(struct fake_cloud *cloud, const struct blynk_frame *frame)
{
    char body[300];

    assert_int_equal(frame->command, BLYNK_HW_LOGIN); /* nothing comes before it */
    assert_int_equal(frame->id, 1);
    assert_int_equal(frame->body_len, BLYNK_TOKEN_BYTES);
    memcpy(cloud->token, frame->body, frame->body_len);
    cloud->token[frame->body_len] = '\0';
    cloud->logins++;
    if (cloud->redirect_host[0]) {
        char label[16] = "";
        if (cloud->redirect_onwards) {
            snprintf(label, sizeof(label), "n%u.", cloud->logins);
        }
        size_t len = (size_t)snprintf(body, sizeof(body), "%s%s%c%s", label, cloud->redirect_host, '\0',
                                      cloud->redirect_port ? cloud->redirect_port : "");
        fake_cloud_send(cloud, BLYNK_REDIRECT, 1, body, cloud->redirect_port ? len : len - 1);
        return;
    }
    if (cloud->login_status) {
        fake_cloud_respond(cloud, 1, (uint16_t)cloud->login_status);
        cloud->logged_in = cloud->login_status == BLYNK_STATUS_OK;
    }
}

static void note_write(struct fake_cloud *cloud, const struct blynk_frame *frame)
{
    char text[BLYNK_BODY_MAX + 2];

    for (size_t i = 0; i < frame->body_len; i++) {
        text[i] = frame->body[i] ? (char)frame->body[i] : ' ';
    }
    text[frame->body_len] = '|';
    assert_int_equal(buf_append(&cloud->writes, text, frame->body_len + 1), 0);
}

static void on_frame(struct fake_cloud *cloud, const struct blynk_frame *frame)
{
    if (!cloud->logged_in) {
        on_login(cloud, frame);
        return;
    }
    assert_int_not_equal(frame->id, 0);
    cloud->messages++;
    if (frame->command == BLYNK_PING) {
        cloud->pings++;
        if (!cloud->no_pong) {
            fake_cloud_respond(cloud, frame->id, BLYNK_STATUS_OK);
        }
    } else if (frame->command == BLYNK_INTERNAL) {
        memcpy(cloud->last_internal, frame->body, frame->body_len < 255 ? frame->body_len + 1 : 255);
        for (size_t i = 0; i + 1 < frame->body_len && i < 255; i++) {
            cloud->last_internal[i] = frame->body[i] ? (char)frame->body[i] : ' ';
        }
        cloud->last_internal_id = frame->id;
        if (memcmp(frame->body, "ver", 3) == 0) {
            fake_cloud_respond(cloud, frame->id, BLYNK_STATUS_OK);
        }
    } else if (frame->command != BLYNK_RESPONSE) {
        note_write(cloud, frame);
    }
}

static void on_written(void *observer, const uint8_t *data, size_t len)
{
    struct fake_cloud *cloud = observer;
    struct blynk_frame frame;

    cloud->deaf = cloud->deaf || cloud->mute;
    if (cloud->deaf) {
        return;
    }
    while (blynk_parser_next(&cloud->parser, &data, &len, &frame)) {
        on_frame(cloud, &frame);
    }
}

static void on_ended(void *observer)
{
    struct fake_cloud *cloud = observer;

    blynk_parser_init(&cloud->parser);
    cloud->logged_in = false;
    cloud->deaf = false;
}

struct link_config fake_cloud_link_config(void)
{
    return (struct link_config){
        .host = "blynk.cloud",
        .port = 80,
        .session = {.token = FAKE_CLOUD_TOKEN,
                    .heartbeat_ms = 45000,
                    .grace_ms = 45000,
                    .login_ms = 20000,
                    .rate_per_s = 8,
                    .burst = 10,
                    .confirm_messages = 20},
        .connect_ms = 30000,
        .retry_first_ms = 1000,
        .retry_max_ms = 300000,
        .lasted_ms = 60000,
        .refused_ms = {60000, 300000, 900000, 3600000},
    };
}

struct fake_cloud *fake_cloud_create(struct fake_stream *stream)
{
    struct fake_cloud *cloud = calloc(1, sizeof(*cloud));

    assert_non_null(cloud);
    cloud->stream = stream;
    cloud->login_status = BLYNK_STATUS_OK;
    blynk_parser_init(&cloud->parser);
    buf_init(&cloud->writes, (size_t)8 << 20);
    stream->on_written = on_written;
    stream->on_ended = on_ended;
    stream->observer = cloud;
    return cloud;
}

void fake_cloud_destroy(struct fake_cloud *cloud)
{
    buf_free(&cloud->writes);
    free(cloud);
}

const char *fake_cloud_writes(struct fake_cloud *cloud)
{
    static char text[1 << 20];
    size_t len = buf_len(&cloud->writes);

    assert_true(len < sizeof(text));
    memcpy(text, buf_bytes(&cloud->writes), len);
    text[len] = '\0';
    buf_clear(&cloud->writes);
    return text;
}
