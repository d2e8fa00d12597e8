#include "blynkd/io/refclock.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

/*
 * What chrony reads, in the machine's own byte order and sizes (chrony's refclock_sock.c, struct sock_sample). A
 * datagram of another size or without the magic number is ignored there.
 */
struct sock_sample {
    struct timeval tv; /* system time of the measurement */
    double offset;     /* true time less system time, in seconds */
    int pulse;         /* 0: the seconds are known too */
    int leap;          /* 0: no leap second is announced */
    int padding;
    int magic;
};

#define SOCK_MAGIC 0x534F434B

static int send_sample(const struct sockaddr_un *address, const struct sock_sample *sample)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int error = 0;

    if (fd < 0) {
        return -errno;
    }
    if (sendto(fd, sample, sizeof(*sample), MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)address,
               sizeof(*address)) < 0) {
        error = -errno;
    }
    close(fd);
    return error;
}

int refclock_offer(const char *path, int64_t host_ms, int64_t true_ms)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct sock_sample sample;

    if (strlen(path) >= sizeof(address.sun_path)) {
        return -ENAMETOOLONG;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    memset(&sample, 0, sizeof(sample)); /* no bytes of ours between the fields */
    sample.tv.tv_sec = (time_t)(host_ms / 1000);
    sample.tv.tv_usec = (suseconds_t)(host_ms % 1000 * 1000);
    sample.offset = (double)(true_ms - host_ms) / 1000.0;
    sample.magic = SOCK_MAGIC;
    return send_sample(&address, &sample);
}
