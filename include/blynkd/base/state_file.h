/*
 * A small file of the state directory: read once, then rewritten as a whole whenever its owner says so, all by jobs,
 * never two at a time. Owned by what keeps its knowledge in it (a learned heartbeat, the newest time known). A file
 * that cannot be read or written is told in the log and is never an error.
 */
#ifndef BLYNKD_BASE_STATE_FILE_H
#define BLYNKD_BASE_STATE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#define STATE_FILE_BYTES 2048 /* the longest; more of it is not read */

struct sched;
struct state_file_job;

struct state_file {
    struct sched *sched;
    const char *name; /* in the directory */
    const char *part; /* as whom the log speaks, and... */
    const char *what; /* ...of what: "the learned heartbeat" */
    /* Once, from the loop: what the file says; len 0 if there is none. */
    void (*on_loaded)(void *arg, const char *text, size_t len);
    /* What is to be written, when it is; 0: nothing after all. */
    size_t (*on_write)(void *arg, char *text, size_t size);
    void *arg;

    char dir[256];              /* private from here on; "": not on disk */
    struct state_file_job *job; /* under way */
    bool is_unsaved;            /* changed while a job was under way */
};

/* Reads it; on_loaded follows unless state_file_close() comes first. An empty dir: nothing is read or written. */
void state_file_open(struct state_file *file, const char *dir);
void state_file_save(struct state_file *file);
/* No call back after it; what is being written is still written. */
void state_file_close(struct state_file *file);

#endif
