/*
 * A small file as a whole: read it, or replace it so that after a power failure either the old or the new text is
 * there. The caller owns the directory's descriptor and the text. These calls block: never from the loop, use a
 * job (base/job.h).
 */
#ifndef BLYNKD_BASE_FILE_H
#define BLYNKD_BASE_FILE_H

#include <stddef.h>
#include <sys/types.h>

#define FILE_NAME_MAX_BYTES 64

/* Its length; -EFBIG if it fills `size`, -ENOENT and others as open(2) and read(2). Links are not followed. */
ssize_t file_read_at(int dir_fd, const char *name, char *text, size_t size);

/* Written as NAME.new with mode 0600, synced, renamed, the directory synced. 0 or a negative errno; -ENAMETOOLONG
 * if the name has more than FILE_NAME_MAX_BYTES - 8 bytes. */
int file_replace_at(int dir_fd, const char *name, const char *text, size_t len);

#endif
