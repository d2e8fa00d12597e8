#include "blynkd/net/stream.h"

const char *stream_fault_name(enum stream_fault fault)
{
    static const char *const names[] = {
#define STREAM_WORDS(name, words) [name] = (words),
        STREAM_FAULTS(STREAM_WORDS)
#undef STREAM_WORDS
    };

    return names[fault];
}
