/* blynkctl trace: what is said to the modem and to Blynk, readable, raw, or as a capture for Wireshark. */
#include "answer.h"
#include "commands.h"
#include "frame_text.h"
#include "pcapng.h"
#include "say.h"
#include "talk.h"
#include "trace_line.h"
#include "words.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MISSED_MAX 512 /* lines that came while the ring was read */
#define DAY_MS     INT64_C(86400000)

struct tracer {
    struct ctl *ctl;
    bool follow;
    bool raw;
    const char *pcap_path;
    struct pcapng pcap;
    bool utf8;
};

static const struct option long_options[] = {
    {"follow", no_argument, NULL, 'f'},
    {"raw", no_argument, NULL, 'r'},
    {"pcap", required_argument, NULL, 'p'},
    {NULL, 0, NULL, 0},
};

/* ---- one line ---- */

static const char *way_word(enum trace_way way)
{
    switch (way) {
    case TRACE_WAY_TO_MODEM:
        return "to modem";
    case TRACE_WAY_FROM_MODEM:
        return "from modem";
    case TRACE_WAY_TO_SERVER:
        return "to server";
    case TRACE_WAY_FROM_SERVER:
        return "from server";
    case TRACE_WAY_NOTE:
        return "note";
    }
    return "";
}

static const char *way_arrow(enum trace_way way, bool utf8)
{
    switch (way) {
    case TRACE_WAY_TO_MODEM:
        return utf8 ? "→" : ">";
    case TRACE_WAY_FROM_MODEM:
        return utf8 ? "←" : "<";
    case TRACE_WAY_TO_SERVER:
        return utf8 ? "⇒" : ">>";
    case TRACE_WAY_FROM_SERVER:
        return utf8 ? "⇐" : "<<";
    case TRACE_WAY_NOTE:
        return utf8 ? "·" : "--";
    }
    return "";
}

static bool is_frame(const struct trace_line *line)
{
    return line->way == TRACE_WAY_TO_SERVER || line->way == TRACE_WAY_FROM_SERVER;
}

static void line_words(const struct trace_line *line, char *out, size_t size)
{
    if (is_frame(line)) {
        frame_text(line->bytes, line->len, out, size);
    } else if (line->way == TRACE_WAY_NOTE) {
        snprintf(out, size, "%.*s", (int)line->len, (const char *)line->bytes);
    } else {
        trace_line_text(line, out, size);
    }
}

static void print_words(const struct tracer *tracer, const struct trace_line *line)
{
    bool color = tracer->ctl->color;
    char words[TRACE_LINE_BYTES];

    line_words(line, words, sizeof(words));
    printf("%s%s%s %s ", say_begin(color, SAY_DIM), line->time, say_end(color),
           way_arrow(line->way, tracer->utf8));
    printf("%s", say_begin(color, is_frame(line)                ? SAY_BOLD
                                  : line->way == TRACE_WAY_NOTE ? SAY_DIM
                                                                : SAY_PLAIN));
    say_text(stdout, words, strlen(words));
    printf("%s\n", say_end(color));
}

static void print_json_line(const struct trace_line *line)
{
    char words[TRACE_LINE_BYTES];
    json_t *object;

    line_words(line, words, sizeof(words));
    object = json_pack("{s:s, s:s, s:o, s:I}", "time", line->time, "way", way_word(line->way), "text",
                       answer_json_value(words, strlen(words)), "bytes",
                       (json_int_t)line->len + (json_int_t)line->left_out);
    json_dumpf(object, stdout, JSON_COMPACT);
    json_decref(object);
    putchar('\n');
}

/* ---- the capture ---- */

/* The trace tells the time of day only: it is the last moment that had it. */
static uint64_t wall_us(const struct trace_line *line)
{
    time_t now = time(NULL);
    struct tm day;
    int64_t ms;

    localtime_r(&now, &day);
    day.tm_hour = day.tm_min = day.tm_sec = 0;
    day.tm_isdst = -1;
    ms = (int64_t)mktime(&day) * 1000 + line->ms_of_day;
    if (ms > (int64_t)now * 1000 + 1000) {
        ms -= DAY_MS;
    }
    return (uint64_t)ms * 1000;
}

/* A masked token is shorter than it was; the frame keeps its length, and the mask goes on to its end. */
static size_t restore_length(uint8_t *frame, size_t len, size_t size)
{
    size_t whole = FRAME_HEADER_BYTES + ((size_t)frame[3] << 8 | frame[4]);

    if (frame[0] != FRAME_LOGIN || len < FRAME_HEADER_BYTES || whole > size || whole <= len) {
        return len;
    }
    memset(frame + len, '*', whole - len);
    return whole;
}

static bool capture(struct tracer *tracer, struct trace_line *line)
{
    char words[TRACE_LINE_BYTES + 8];
    bool to_server = line->way == TRACE_WAY_TO_SERVER;

    if (is_frame(line)) {
        line->len = restore_length(line->bytes, line->len, sizeof(line->bytes));
        if (to_server && line->len && line->bytes[0] == FRAME_LOGIN) {
            pcapng_next_connection(&tracer->pcap);
        }
        return pcapng_frame(&tracer->pcap, wall_us(line), to_server, line->bytes, line->len, line->left_out);
    }
    int begin = snprintf(words, sizeof(words), "%s ", way_arrow(line->way, false));
    line_words(line, words + begin, sizeof(words) - (size_t)begin);
    return pcapng_text(&tracer->pcap, wall_us(line), words);
}

/* 0600: the trace shows what the pins say. */
static int open_capture(struct tracer *tracer)
{
    int fd = open(tracer->pcap_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "wb");

    if (!file || !pcapng_begin(&tracer->pcap, file)) {
        say_error("%s: %s", tracer->pcap_path, strerror(errno));
        return CTL_REFUSED;
    }
    return CTL_OK;
}

static int close_capture(struct tracer *tracer, int result)
{
    if (!pcapng_close(&tracer->pcap)) {
        say_error("%s: not everything could be written: %s", tracer->pcap_path, strerror(errno));
        return CTL_REFUSED;
    }
    if (result == CTL_OK) {
        fprintf(stderr, "written to %s; open it with: wireshark %s\n", tracer->pcap_path, tracer->pcap_path);
    }
    return result;
}

/* ---- all lines ---- */

/* False: there is nobody to write for any more. */
static bool show(struct tracer *tracer, const char *text)
{
    static struct trace_line line;

    trace_line_parse(text, &line);
    if (tracer->pcap_path) {
        return capture(tracer, &line);
    }
    if (tracer->raw) {
        say_text(stdout, text, strlen(text));
        putchar('\n');
    } else if (tracer->ctl->json) {
        print_json_line(&line);
    } else {
        print_words(tracer, &line);
    }
    return !(tracer->follow && fflush(stdout)) && !ferror(stdout);
}

static int show_ring(struct tracer *tracer, const redisReply *ring)
{
    for (size_t i = 0; i < ring->elements; i++) {
        if (ring->element[i]->str && !show(tracer, ring->element[i]->str)) {
            return CTL_REFUSED;
        }
    }
    return CTL_OK;
}

static const char *message_of(const redisReply *reply)
{
    bool is_message = reply && reply->type == REDIS_REPLY_ARRAY && reply->elements == 3 &&
                      reply->element[0]->str && strcmp(reply->element[0]->str, "message") == 0;

    return is_message && reply->element[2]->str ? reply->element[2]->str : NULL;
}

/* What came over the subscription while the ring was read: what the ring has, too, is not shown again. */
static int show_missed(struct tracer *tracer, struct ctl *live, const char *ring_last)
{
    redisReply *missed[MISSED_MAX];
    size_t count = 0, first = 0;
    int result = CTL_OK;

    while (result == CTL_OK && count < MISSED_MAX) {
        redisReply *reply;
        result = (int)talk_next(live, 1, &reply);
        if (!reply) {
            break;
        }
        missed[count++] = reply;
        if (message_of(reply) && strcmp(message_of(reply), ring_last) == 0) {
            first = count;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (i >= first && result == CTL_OK && message_of(missed[i]) && !show(tracer, message_of(missed[i]))) {
            result = CTL_REFUSED;
        }
        freeReplyObject(missed[i]);
    }
    return result;
}

static int follow(struct tracer *tracer, struct ctl *live)
{
    int result = CTL_OK;

    while (result == CTL_OK) {
        redisReply *reply;
        result = (int)talk_next(live, 0, &reply);
        if (message_of(reply) && !show(tracer, message_of(reply))) {
            result = CTL_REFUSED;
        }
        freeReplyObject(reply);
    }
    return result;
}

static int trace_all(struct tracer *tracer)
{
    struct ctl live = *tracer->ctl; /* a connection of its own for the subscription */
    enum ctl_exit exit = CTL_OK;
    redisReply *subscribed = tracer->follow ? talk_need(&live, "SUBSCRIBE trace", &exit) : NULL;
    redisReply *ring = exit == CTL_OK ? talk_need(tracer->ctl, "MODEM.TRACE", &exit) : NULL;
    int result = ring ? show_ring(tracer, ring) : (int)exit;

    if (result == CTL_OK && ring && tracer->follow) {
        const redisReply *last = ring->elements ? ring->element[ring->elements - 1] : NULL;
        result = show_missed(tracer, &live, last && last->str ? last->str : "");
        result = result == CTL_OK ? follow(tracer, &live) : result;
    }
    freeReplyObject(ring);
    freeReplyObject(subscribed);
    talk_close(&live);
    return result;
}

int run_trace(struct ctl *ctl, int argc, char **argv)
{
    struct tracer tracer = {.ctl = ctl, .utf8 = words_utf8_is_welcome()};
    int option, result;

    while ((option = getopt_long(argc, argv, "frp:", long_options, NULL)) != -1) {
        switch (option) {
        case 'f':
            tracer.follow = true;
            break;
        case 'r':
            tracer.raw = true;
            break;
        case 'p':
            tracer.pcap_path = optarg;
            break;
        default:
            return ctl_command_usage(ctl_command_find(argv[0]));
        }
    }
    if (optind < argc) {
        return ctl_command_usage(ctl_command_find(argv[0]));
    }
    if (!tracer.pcap_path) {
        result = trace_all(&tracer);
        return ferror(stdout) ? CTL_OK : result; /* main.c tells what is wrong with the output, if anything */
    }
    result = open_capture(&tracer);
    return result ? result : close_capture(&tracer, trace_all(&tracer));
}
