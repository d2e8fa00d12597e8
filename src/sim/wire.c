#include "wire.h"

#include <uv.h>

/* A byte may pass this much early, so that the mean error of a 2 ms tick is zero. */
#define EARLY_NS UINT64_C(1000000)
/* A stalled process may catch up this much, no more. */
#define CREDIT_NS     UINT64_C(50000000)
#define BITS_PER_BYTE UINT64_C(10)

void wire_start(struct wire *wire)
{
    uint64_t now = uv_hrtime();

    if (!wire->moving && wire->free_at_ns < now)
        wire->free_at_ns = now;
    wire->moving = true;
}

size_t wire_allows(struct wire *wire, long baud, size_t wanted)
{
    uint64_t now = uv_hrtime();
    uint64_t byte_ns, allowed;

    if (baud <= 0)
        return wanted;
    byte_ns = BITS_PER_BYTE * UINT64_C(1000000000) / (uint64_t)baud;
    if (wire->free_at_ns + CREDIT_NS < now)
        wire->free_at_ns = now - CREDIT_NS;
    if (wire->free_at_ns >= now + EARLY_NS)
        return 0;
    allowed = (now + EARLY_NS - wire->free_at_ns) / byte_ns;
    return allowed < wanted ? (size_t)allowed : wanted;
}

void wire_passed(struct wire *wire, long baud, size_t count)
{
    if (baud > 0)
        wire->free_at_ns += count * BITS_PER_BYTE * UINT64_C(1000000000) / (uint64_t)baud;
}
