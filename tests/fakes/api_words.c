#include "api_words.h"

#include <string.h>
#include <unistd.h>

int setup_with(void **state, void (*adjust)(struct api_config *config))
{
    static struct fixture fixture;

    fixture.rig = api_rig_create(adjust);
    fixture.fd = api_rig_connect(fixture.rig);
    *state = &fixture;
    return 0;
}

int setup(void **state)
{
    return setup_with(state, NULL);
}

int teardown(void **state)
{
    struct fixture *f = *state;

    close(f->fd);
    api_rig_destroy(f->rig);
    return 0;
}

void ask(struct fixture *f, const char *line, const char *reply)
{
    api_rig_ask(f->rig, f->fd, line, reply);
}

void ask_error(struct fixture *f, const char *line, const char *beginning)
{
    api_rig_send(f->rig, f->fd, line);
    api_rig_send(f->rig, f->fd, "\r\n");
    api_rig_expect_line(f->rig, f->fd, beginning);
}

void to_resp3(struct fixture *f)
{
    char line[128];

    api_rig_send(f->rig, f->fd, "HELLO 3\r\n");
    do {
        api_rig_read_line(f->rig, f->fd, line, sizeof(line));
    } while (strcmp(line, "*0") != 0);
}
