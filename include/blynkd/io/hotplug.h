/*
 * Watches for a device node to (re)appear: says "look again" when something changes in the directory that holds
 * the configured path (inotify through libuv; the nearest existing directory above it if it is not there yet).
 * Only a hint: the user also looks again by its own timer. Owns its handles, never opens the device.
 */
#ifndef BLYNKD_IO_HOTPLUG_H
#define BLYNKD_IO_HOTPLUG_H

struct hotplug;
struct uv_loop_s;

/* NULL: no memory. Watching starts with hotplug_start(). */
struct hotplug *hotplug_create(struct uv_loop_s *loop, void (*on_change)(void *arg), void *arg);
/* 0 or negative errno (then only the user's timer will notice). */
int hotplug_start(struct hotplug *hotplug, const char *path);
void hotplug_stop(struct hotplug *hotplug);
void hotplug_destroy(struct hotplug *hotplug);

#endif
