/*
 * The local interface as a program sees it, for tests: a real server on a real Unix socket in a directory of its
 * own, the real bridge below it, and below that a stream at whose other end a few lines play the Blynk server.
 * Everything runs in the test's thread: whoever waits here turns the loop, until a deadline fails the test.
 */
#ifndef API_RIG_H
#define API_RIG_H

#include "blynkd/api/server.h"
#include "blynkd/blynk/frame.h"
#include "blynkd/bridge/bridge.h"
#include "fake_stream.h"

#include <uv.h>

struct api_rig {
    uv_loop_t loop;
    struct sched *sched;
    struct fake_stream *stream;
    struct uplink *uplink;
    struct bridge *bridge;
    struct api_server *server;
    struct api_config config;
    char directory[64];
    struct blynk_parser parser;
    char seen[4096]; /* what the cloud got: "HARDWARE vw|5|23.4\n" */
    bool mute;       /* the cloud answers nothing any more */
    bool bridge_stopped;
    bool server_closed;
};

/* `adjust` (may be NULL) changes the configuration before the server listens. */
struct api_rig *api_rig_create(void (*adjust)(struct api_config *config));
/* With a directory for the spool, and another configuration of the bridge. */
struct api_rig *api_rig_create_kept(void (*adjust)(struct api_config *config),
                                    void (*adjust_bridge)(struct bridge_config *config));
void api_rig_destroy(struct api_rig *rig);

/* Logs in and waits until the bridge is online. */
void api_rig_go_online(struct api_rig *rig);
/* A frame from the cloud; fields are separated by '|'. */
void api_rig_cloud_sends(struct api_rig *rig, enum blynk_command command, uint16_t id, const char *fields);
/* Turns the loop until the cloud has got this line. */
void api_rig_cloud_gets(struct api_rig *rig, const char *line);

/* Turns the loop until `done(arg)`; fails the test after ten seconds, naming `what`. */
void api_rig_until(struct api_rig *rig, bool (*done)(void *arg), void *arg, const char *what);
void api_rig_turn(struct api_rig *rig);

/* A program's connection: a descriptor that does not block. */
int api_rig_connect(struct api_rig *rig);
void api_rig_send(struct api_rig *rig, int fd, const char *text);
void api_rig_send_bytes(struct api_rig *rig, int fd, const void *bytes, size_t len);
/* Reads exactly this and fails on the first byte that differs. */
void api_rig_expect(struct api_rig *rig, int fd, const char *text);
void api_rig_expect_bytes(struct api_rig *rig, int fd, const void *bytes, size_t len);
/* Reads up to CR LF and compares the beginning. */
void api_rig_expect_line(struct api_rig *rig, int fd, const char *beginning);
/* Reads up to CR LF, without it. */
void api_rig_read_line(struct api_rig *rig, int fd, char *line, size_t size);
/* Reads a bulk or verbatim string; `text` gets it zero-terminated. */
void api_rig_read_bulk(struct api_rig *rig, int fd, char *text, size_t size);
/* Reads until the server has closed. */
void api_rig_expect_end(struct api_rig *rig, int fd);
/* Sends one line and expects the reply. */
void api_rig_ask(struct api_rig *rig, int fd, const char *line, const char *reply);

#endif
