/*
 * The HTTP calls on the device port: /TOKEN/get/V5, /TOKEN/update/V5?value=42, /TOKEN/isHardwareConnected as the real server
 * has them, and the views that only tests need (history, frames, events, properties, meta, info). Works on one
 * connection of the cloud. It never touches the device protocol except through cloud_device_push().
 */
#ifndef BLYNKSIM_CLOUD_HTTP_H
#define BLYNKSIM_CLOUD_HTTP_H

#include "cloud_conn.h"

/* True when these first bytes begin an HTTP request. */
bool cloud_http_recognise(const uint8_t *data, size_t len);

/* Answers the complete requests in conn->in. */
void cloud_http_process(struct cloud_conn *conn);

#endif
