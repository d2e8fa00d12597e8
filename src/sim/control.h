/*
 * The control socket: text lines that change the simulator while it runs, answered by "ok ..." or "error ...".
 * Owned by the modem; whoever may open the socket may do everything.
 * It never keeps a client that does not read its answers.
 */
#ifndef SIM_CONTROL_H
#define SIM_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#define CONTROL_CLIENTS 8
#define CONTROL_LINE    1024

struct modem;
struct control;

struct control_client {
    uv_pipe_t pipe;
    struct control *control;
    char line[CONTROL_LINE];
    size_t length;
    bool overlong;
};

struct control {
    struct modem *modem;
    uv_pipe_t listener;
    bool listening;
    const char *path;
    struct control_client *clients[CONTROL_CLIENTS];
};

void control_init(struct modem *modem);
int control_listen(struct modem *modem, const char *path);
void control_close(struct modem *modem);

/* One line without its end, answered into `answer` (also without). */
void control_run(struct modem *modem, char *line, char *answer, size_t room);

#endif
