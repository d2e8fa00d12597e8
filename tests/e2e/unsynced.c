/* Preloaded into the daemon: a machine whose clock nobody keeps right, whatever this one is. */
#include <sys/timex.h>

int adjtimex(struct timex *status)
{
    status->status = STA_UNSYNC;
    return TIME_ERROR;
}
