/*
 * Plays tests/sim/dialogues/NAME.txt against the simulator, byte for byte. In such a file
 *   ! ...   argument of `blynksim modem` (words), `! profile NAME` first
 *   >> ...  what the host sends            << ...  exactly what must come next
 *   == ...  a line to the control socket   ?? ...  words that the status must come to hold
 *   +       the server accepts             => ...  exactly what the server must get
 *   <= ...  what the server sends          x       the server closes
 *   .       nothing more may have been said so far
 *   -- ...  a remark
 * with \r \n \\ and \xNN. Behind the last line the simulator must have nothing more to say.
 *
 * `test_dialogues WORDS` plays the files with WORDS in their names, `--shard 2/6` every sixth from the third on.
 */
#include "harness.h"

#include <dirent.h>

#define FILES_MAX      400
#define LINE_MAX_BYTES 4096

static size_t unescape(const char *text, char *out)
{
    size_t used = 0;

    while (*text != '\0') {
        unsigned value;

        if (*text != '\\') {
            out[used++] = *text++;
        } else if (text[1] == 'x' && sscanf(text + 2, "%2x", &value) == 1) {
            out[used++] = (char)value;
            text += 4;
        } else {
            out[used++] = text[1] == 'r' ? '\r' : text[1] == 'n' ? '\n' : text[1];
            text += 2;
        }
    }
    return used;
}

/* `! profile a7` starts the list, everything else is one argument a word. */
static void read_arguments(struct rig *rig, char *text)
{
    char *rest = NULL;

    for (char *word = strtok_r(text, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        if (strcmp(word, "profile") == 0)
            rig_init(rig, strtok_r(NULL, " ", &rest));
        else
            rig_arg(rig, word);
    }
}

static void play_line(struct rig *rig, const char *line)
{
    char bytes[LINE_MAX_BYTES];
    const char *text = strlen(line) > 3 ? line + 3 : "";
    size_t count = unescape(text, bytes);

    if (strncmp(line, ">>", 2) == 0)
        rig_send_bytes(rig, bytes, count);
    else if (strncmp(line, "<<", 2) == 0)
        rig_expect_bytes(rig, bytes, count);
    else if (strncmp(line, "==", 2) == 0)
        rig_do(rig, text);
    else if (strncmp(line, "??", 2) == 0)
        rig_wait_status(rig, text);
    else if (strcmp(line, "+") == 0)
        rig_accept(rig);
    else if (strncmp(line, "=>", 2) == 0)
        rig_server_expect(rig, bytes, count);
    else if (strncmp(line, "<=", 2) == 0)
        rig_server_send(rig, bytes, count);
    else if (strcmp(line, "x") == 0)
        rig_server_close(rig);
    else if (strcmp(line, ".") == 0)
        rig_expect_silence(rig);
    else
        RIG_FAIL(rig, "not a line of a dialogue: %s", line);
}

static void play(const char *path)
{
    FILE *file = fopen(path, "r");
    char line[LINE_MAX_BYTES];
    struct rig rig;
    bool started = false;

    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '\0' || strncmp(line, "--", 2) == 0)
            continue;
        if (line[0] == '!') {
            read_arguments(&rig, line + 1);
            continue;
        }
        if (!started)
            rig_start(&rig);
        started = true;
        play_line(&rig, line);
    }
    fclose(file);
    assert_true(started);
    rig_expect_silence(&rig);
    rig_stop(&rig);
}

static void test_dialogue(void **state)
{
    char path[512];

    snprintf(path, sizeof path, "%s/tests/sim/dialogues/%s", TEST_SOURCE_DIR, (const char *)*state);
    play(path);
}

static int is_dialogue(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);

    return length > 4 && strcmp(entry->d_name + length - 4, ".txt") == 0;
}

/* Which files are played: those with `name` in their names, and of all files every `shards`th from `shard` on. */
struct choice {
    const char *name;
    int shard, shards;
};

static bool read_choice(int argc, char **argv, struct choice *choice)
{
    *choice = (struct choice){.shards = 1};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--shard") != 0)
            choice->name = argv[i];
        else if (++i == argc || sscanf(argv[i], "%d/%d", &choice->shard, &choice->shards) != 2 ||
                 choice->shard < 0 || choice->shard >= choice->shards)
            return false;
    }
    return true;
}

static bool is_chosen(const struct choice *choice, int index, const char *file)
{
    return index % choice->shards == choice->shard &&
           (choice->name == NULL || strstr(file, choice->name) != NULL);
}

static int play_all(const struct choice *choice, struct dirent **entries, int count)
{
    static struct CMUnitTest tests[FILES_MAX];
    size_t used = 0;

    if (count > FILES_MAX) {
        fprintf(stderr, "%d dialogues, FILES_MAX is %d\n", count, FILES_MAX);
        return 1;
    }
    for (int i = 0; i < count; i++) {
        char *file = entries[i]->d_name;

        if (is_chosen(choice, i, file))
            tests[used++] =
                (struct CMUnitTest){.name = file, .test_func = test_dialogue, .initial_state = file};
    }
    return used == 0 ? 1 : _cmocka_run_group_tests("dialogues", tests, used, NULL, NULL);
}

int main(int argc, char **argv)
{
    struct dirent **entries;
    struct choice choice;
    int count, failed;

    RIG_MAIN(argc, argv);
    if (!read_choice(argc, argv, &choice)) {
        fprintf(stderr, "usage: %s [--shard INDEX/COUNT] [NAME]\n", argv[0]);
        return 2;
    }
    count = scandir(TEST_SOURCE_DIR "/tests/sim/dialogues", &entries, is_dialogue, alphasort);
    failed = play_all(&choice, entries, count);
    for (int i = 0; i < count; i++)
        free(entries[i]);
    if (count >= 0)
        free(entries);
    return failed;
}
