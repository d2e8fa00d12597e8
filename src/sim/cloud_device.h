/*
 * The device protocol as the real servers speak it: login, writes, sync, properties, internal messages, and what the server
 * sends by itself. Works on one connection of the cloud. It keeps nothing of its own.
 */
#ifndef BLYNKSIM_CLOUD_DEVICE_H
#define BLYNKSIM_CLOUD_DEVICE_H

#include "cloud_conn.h"

/* Handles the complete frames in conn->in. */
void cloud_device_process(struct cloud_conn *conn);

/* Queues one frame and prints it. */
void cloud_device_send(struct cloud_conn *conn, uint8_t command, uint16_t id, const void *body, size_t len);
void cloud_device_send_status(struct cloud_conn *conn, uint16_t id, uint16_t status);

/* A login and the faults that answer it; see cloud_login.c. */
void cloud_device_login(struct cloud_conn *conn, const struct cloud_frame *frame);

/* INTERNAL and the login-less rest of the commands; see cloud_internal.c. */
void cloud_device_internal(struct cloud_conn *conn, const struct cloud_frame *frame);

/* Stores a write of an app and sends it to every device of the project that can take it. */
void cloud_device_push(struct cloud *cloud, struct cloud_project *project, struct cloud_pin_name pin,
                       uint16_t id, const void *values, size_t len);

/* Time and faults, for one connection. */
void cloud_device_tick(struct cloud_conn *conn);

#endif
