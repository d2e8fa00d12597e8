/* Preloaded into the daemon: a machine whose clock nobody keeps right, whatever this one is; with -DSYNCED one whose
 * clock is right. */
#include <sys/timex.h>

int adjtimex(struct timex *status)
{
#ifdef SYNCED
    status->status = 0;
    return TIME_OK;
#else
    status->status = STA_UNSYNC;
    return TIME_ERROR;
#endif
}
