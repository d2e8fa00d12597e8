#include "spool_why.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct reason {
    int error;
    const char *what;
    const char *remedy;
};

static const struct reason reasons[] = {
    {-ENOSPC, "the disk is full", "make room on it"},
    {-EROFS, "the file or its file system can only be read", "mount it for writing"},
    {-EIO, "the disk reports an error", "look at the kernel's log (dmesg); the card or disk may be worn out"},
    {-EACCES, "there is no permission to write it", "give directory and file to the user of the daemon"},
    {-EPERM, "there is no permission to write it", "give directory and file to the user of the daemon"},
    {-ENOENT, "its directory does not exist", "create it, or name another in the configuration"},
    {-ENOTDIR, "its directory is not a directory", "name another in the configuration"},
    {-EISDIR, "it is a directory", "name another in the configuration"},
    {-EBUSY, "another program has the file open", "end that program"},
    {-ENOMEM, "there is no memory", "it is tried again"},
    {-ENOTSUP, "a newer blynkd wrote the file, and this one cannot read it",
     "install that again; the file is kept"},
};

static const struct reason *find_reason(int error)
{
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (reasons[i].error == error) {
            return &reasons[i];
        }
    }
    return NULL;
}

static void explain(int error, const char *result, char why[SPOOL_WHY_MAX])
{
    const struct reason *reason = find_reason(error);

    if (!reason) {
        snprintf(why, SPOOL_WHY_MAX, "%s: %s", result, strerror(-error));
        return;
    }
    snprintf(why, SPOOL_WHY_MAX, "%s: %s; %s", result, reason->what, reason->remedy);
}

void spool_why_opened(const struct spool_state *state, char why[SPOOL_WHY_MAX])
{
    why[0] = '\0';
    if (state->lost) {
        snprintf(why, SPOOL_WHY_MAX,
                 "the file was damaged and is set aside: %" PRIu64
                 " waiting values were saved, at least %" PRIu64 " lost",
                 state->salvaged, state->lost);
    }
}

void spool_why_not_opened(int error, char why[SPOOL_WHY_MAX])
{
    explain(error, "nothing can be stored", why);
}

void spool_why_not_stored(int error, char why[SPOOL_WHY_MAX])
{
    explain(error, "not stored", why);
}
