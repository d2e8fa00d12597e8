/* What the link tells the next process: TLS sessions under their server's name, and where servers are. */
#include "link_parts.h"

#include <string.h>

#define SERVERS "!servers" /* no server has such a name */

void link_keep(struct link *link, const char *name, const void *bytes, size_t len)
{
    if (link->events.on_keep) {
        link->events.on_keep(link->arg, name, bytes, len);
    }
}

void link_keep_servers(struct link *link)
{
    char text[LINK_BOOK_BYTES];
    size_t len;

    if (link_target_write(&link->target, text, &len)) {
        link_keep(link, SERVERS, text, len);
    }
}

void link_recall(struct link *link, const char *name, const uint8_t *bytes, size_t len)
{
    if (strcmp(name, SERVERS) == 0) {
        link_target_read(&link->target, (const char *)bytes, len);
    } else {
        link_tls_recall(link, name, bytes, len);
    }
}
