#include "spool_disk.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

struct disk_file {
    sqlite3_file base;
    sqlite3_file *real; /* behind it in memory */
};

static sqlite3_vfs disk_vfs;
static sqlite3_vfs *real_vfs;
static enum spool_disk_fault disk_fault;
static unsigned disk_nth, disk_count;
static bool disk_struck;
static pthread_mutex_t disk_gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t disk_released = PTHREAD_COND_INITIALIZER;
static bool disk_held;

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((struct disk_file *)(void *)file)->real;
}

/* True: this change is the one that fails, or one after it that does not happen either. */
static bool strikes(bool writes)
{
    disk_count++;
    if (disk_fault == SPOOL_DISK_SOUND || disk_count < disk_nth) {
        return false;
    }
    if (disk_count > disk_nth && (disk_fault == SPOOL_DISK_FULL || disk_fault == SPOOL_DISK_BROKEN)) {
        return false;
    }
    if (disk_fault == SPOOL_DISK_FILLED && !writes) {
        return false;
    }
    disk_struck = true;
    return true;
}

static int failure(int code)
{
    return disk_fault == SPOOL_DISK_FULL || disk_fault == SPOOL_DISK_FILLED ? SQLITE_FULL : code;
}

static int disk_close(sqlite3_file *file)
{
    return real_of(file)->pMethods ? real_of(file)->pMethods->xClose(real_of(file)) : SQLITE_OK;
}

static int disk_read(sqlite3_file *file, void *bytes, int len, sqlite3_int64 at)
{
    return real_of(file)->pMethods->xRead(real_of(file), bytes, len, at);
}

static int disk_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 at)
{
    if (!strikes(true)) {
        return real_of(file)->pMethods->xWrite(real_of(file), bytes, len, at);
    }
    bool torn =
        disk_fault == SPOOL_DISK_BROKEN || (disk_fault == SPOOL_DISK_KILLED && disk_count == disk_nth);
    if (torn && len > 1) {
        real_of(file)->pMethods->xWrite(real_of(file), bytes, len / 2, at);
    }
    return failure(SQLITE_IOERR_WRITE);
}

static int disk_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    return strikes(false) ? failure(SQLITE_IOERR_TRUNCATE)
                          : real_of(file)->pMethods->xTruncate(real_of(file), size);
}

static void wait_while_held(void)
{
    pthread_mutex_lock(&disk_gate);
    while (disk_held) {
        pthread_cond_wait(&disk_released, &disk_gate);
    }
    pthread_mutex_unlock(&disk_gate);
}

static int disk_sync(sqlite3_file *file, int flags)
{
    wait_while_held();
    return strikes(false) ? failure(SQLITE_IOERR_FSYNC)
                          : real_of(file)->pMethods->xSync(real_of(file), flags);
}

static int disk_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return real_of(file)->pMethods->xFileSize(real_of(file), size);
}

static int disk_lock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int disk_unlock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int disk_check_lock(sqlite3_file *file, int *out)
{
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), out);
}

static int disk_control(sqlite3_file *file, int order, void *arg)
{
    return real_of(file)->pMethods->xFileControl(real_of(file), order, arg);
}

static int disk_sector(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int disk_traits(sqlite3_file *file)
{
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

/* Version 1: no shared memory and no mapping, which are not to be used. WAL then works with an exclusive lock only. */
static const sqlite3_io_methods disk_methods = {
    .iVersion = 1,
    .xClose = disk_close,
    .xRead = disk_read,
    .xWrite = disk_write,
    .xTruncate = disk_truncate,
    .xSync = disk_sync,
    .xFileSize = disk_size,
    .xLock = disk_lock,
    .xUnlock = disk_unlock,
    .xCheckReservedLock = disk_check_lock,
    .xFileControl = disk_control,
    .xSectorSize = disk_sector,
    .xDeviceCharacteristics = disk_traits,
};

static int disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    struct disk_file *disk = (struct disk_file *)(void *)file;

    (void)vfs;
    memset(disk, 0, sizeof(*disk));
    disk->real = (sqlite3_file *)(void *)(disk + 1);
    int result = real_vfs->xOpen(real_vfs, name, disk->real, flags, out);
    if (result == SQLITE_OK) {
        disk->base.pMethods = &disk_methods;
    }
    return result;
}

static int disk_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    (void)vfs;
    return strikes(false) ? failure(SQLITE_IOERR_DELETE) : real_vfs->xDelete(real_vfs, name, sync);
}

void spool_disk_install(void)
{
    if (sqlite3_vfs_find(NULL) == &disk_vfs) {
        spool_disk_remove(); /* a test before this one failed */
    }
    real_vfs = sqlite3_vfs_find(NULL);
    disk_vfs = *real_vfs;
    disk_vfs.zName = "spool_disk";
    disk_vfs.szOsFile = (int)sizeof(struct disk_file) + real_vfs->szOsFile;
    disk_vfs.xOpen = disk_open;
    disk_vfs.xDelete = disk_delete;
    sqlite3_vfs_register(&disk_vfs, 1);
    spool_disk_set(SPOOL_DISK_SOUND, 0);
}

void spool_disk_remove(void)
{
    sqlite3_vfs_unregister(&disk_vfs);
    sqlite3_vfs_register(real_vfs, 1);
}

void spool_disk_set(enum spool_disk_fault fault, unsigned nth)
{
    disk_fault = fault;
    disk_nth = nth;
    disk_count = 0;
    disk_struck = false;
}

void spool_disk_hold(bool hold)
{
    pthread_mutex_lock(&disk_gate);
    disk_held = hold;
    pthread_cond_broadcast(&disk_released);
    pthread_mutex_unlock(&disk_gate);
}

unsigned spool_disk_changes(void)
{
    return disk_count;
}

bool spool_disk_struck(void)
{
    return disk_struck;
}
