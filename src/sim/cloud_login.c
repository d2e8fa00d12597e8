/* The login, and what faults make of it. */
#include <stdio.h>
#include <string.h>

#include "cloud_device.h"

#define ELSEWHERE "elsewhere.example:443"

/* `target` is HOST:PORT, or HOST alone. */
static void login_send_redirect(struct cloud_conn *conn, uint16_t id, const char *target)
{
    char body[CLOUD_FAULT_TEXT_MAX], *colon;

    snprintf(body, sizeof body, "%s", target);
    colon = strrchr(body, ':');
    if (colon != NULL)
        *colon = '\0';
    cloud_device_send(conn, CLOUD_REDIRECT, id, body, strlen(target));
}

/* The name under which the client came here, or the address without TLS, and the port of this end. */
static void login_redirect_to_itself(struct cloud_conn *conn, uint16_t id)
{
    char address[CLOUD_ADDRESS_TEXT_BYTES] = "", target[CLOUD_FAULT_TEXT_MAX];
    struct sockaddr_storage local = {0};
    int len = sizeof local;
    const char *name = conn->tls != NULL ? cloud_tls_facts(conn->tls)->name : "";

    uv_tcp_getsockname(&conn->tcp, (struct sockaddr *)&local, &len);
    cloud_address_text(&local, address, sizeof address);
    if (*name == '\0')
        snprintf(target, sizeof target, "%s", address);
    else
        snprintf(target, sizeof target, "%.100s%s", name, strrchr(address, ':'));
    login_send_redirect(conn, id, target);
}

/* Each time the next of HOST:PORT,HOST:PORT... */
static void login_redirect_in_turn(struct cloud_conn *conn, uint16_t id, const struct cloud_fault *fault)
{
    const char *targets[CLOUD_FAULT_TEXT_MAX];
    char text[CLOUD_FAULT_TEXT_MAX];
    size_t count = 0;
    char *rest = text;

    snprintf(text, sizeof text, "%s", fault->text);
    for (char *word; (word = strsep(&rest, ",")) != NULL;)
        targets[count++] = word;
    login_send_redirect(conn, id, targets[(fault->times_taken - 1) % count]);
}

static bool login_redirect(struct cloud_conn *conn, uint16_t id)
{
    struct cloud_faults *faults = &conn->cloud->faults;
    uint64_t now_ms = cloud_now_ms(conn->cloud);
    const struct cloud_fault *fault = cloud_fault_take(faults, CLOUD_FAULT_REDIRECT, now_ms);

    if (fault != NULL) {
        login_send_redirect(conn, id, fault->text);
        return true;
    }
    fault = cloud_fault_take(faults, CLOUD_FAULT_REDIRECT_ELSEWHERE, now_ms);
    if (fault != NULL) {
        login_send_redirect(conn, id, fault->text[0] != '\0' ? fault->text : ELSEWHERE);
        return true;
    }
    fault = cloud_fault_take(faults, CLOUD_FAULT_REDIRECT_LOOP, now_ms);
    if (fault == NULL)
        return false;
    if (fault->text[0] != '\0')
        login_redirect_in_turn(conn, id, fault);
    else
        login_redirect_to_itself(conn, id);
    return true;
}

/* What a fault does to a login; true when it has dealt with it. */
static bool device_login_fault(struct cloud_conn *conn, uint16_t id)
{
    struct cloud_faults *faults = &conn->cloud->faults;
    uint64_t now_ms = cloud_now_ms(conn->cloud);
    const struct cloud_fault *fault;

    if (cloud_fault_take(faults, CLOUD_FAULT_NO_LOGIN_ANSWER, now_ms))
        return true;
    if (cloud_fault_take(faults, CLOUD_FAULT_CLOSE_AT_LOGIN, now_ms)) {
        cloud_conn_finish(conn, "fault close-at-login");
        return true;
    }
    fault = cloud_fault_take(faults, CLOUD_FAULT_LOGIN_STATUS, now_ms);
    if (fault != NULL) {
        cloud_device_send_status(conn, id, (uint16_t)fault->number);
        return true;
    }
    return login_redirect(conn, id);
}

void cloud_device_login(struct cloud_conn *conn, const struct cloud_frame *frame)
{
    struct cloud *cloud = conn->cloud;
    struct cloud_project *project = cloud_find_project(cloud, frame->body, frame->length);

    cloud->counters.logins++;
    if (conn->project != NULL) {
        cloud_device_send_status(conn, frame->id, CLOUD_ALREADY_REGISTERED);
        return;
    }
    if (device_login_fault(conn, frame->id))
        return;
    if (project == NULL) {
        cloud->counters.logins_refused++;
        cloud_device_send_status(conn, frame->id, CLOUD_INVALID_TOKEN);
        return;
    }
    conn->project = project;
    conn->login_ms = cloud_now_ms(cloud);
    project->devices++;
    cloud_device_send_status(conn, frame->id, CLOUD_OK);
    /* The real server sends the pin modes with id 1 whatever the login's id was. */
    if (project->pin_modes.len > 0)
        cloud_device_send(conn, CLOUD_HARDWARE, 1, project->pin_modes.data, project->pin_modes.len);
}
