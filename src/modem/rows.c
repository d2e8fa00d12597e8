#include "rows.h"

#include "blynkd/base/pattern.h"

#include <stdio.h>
#include <string.h>

void rows_clear(struct rows *rows)
{
    memset(rows, 0, sizeof(*rows));
}

static void remember_strange(struct rows *rows, const char *line, size_t len)
{
    if (rows->strange[0] == '\0') {
        snprintf(rows->strange, sizeof(rows->strange), "%.*s", (int)(len > 60 ? 60 : len), line);
    }
}

static bool word_state(const struct dialect *dialect, const char *word, enum row_state *state)
{
    for (const struct dialect_word *known = dialect->words; known->word; known++) {
        if (strcmp(known->word, word) == 0) {
            *state = known->state;
            return true;
        }
    }
    return false;
}

static void set(struct rows *rows, long link, enum row_state state)
{
    if (state == ROW_NO_BEARER) {
        rows->no_bearer = true;
    } else if (link >= 0 && link < DIALECT_ROWS && state != ROW_UNKNOWN) {
        rows->states[link] = state;
    }
}

void rows_take(struct rows *rows, const struct dialect *dialect, const char *line, size_t len)
{
    struct pattern_match match;
    enum row_state state;
    char word[48];

    for (const struct dialect_row_form *form = dialect->row_forms; form->pattern; form++) {
        if (!pattern_matches(form->pattern, line, len, &match)) {
            continue;
        }
        if (form->word < 0) {
            return;
        }
        pattern_copy(&match, (size_t)form->word, word, sizeof(word));
        if (!word_state(dialect, word, &state)) {
            break;
        }
        set(rows, form->link < 0 ? 0 : match.captures[form->link].number, state);
        return;
    }
    remember_strange(rows, line, len);
}

enum row_state rows_state(const struct rows *rows, long link)
{
    return link >= 0 && link < DIALECT_ROWS ? rows->states[link] : ROW_UNKNOWN;
}

long rows_find(const struct rows *rows, enum row_state state)
{
    for (long link = 0; link < DIALECT_ROWS; link++) {
        if (rows->states[link] == state) {
            return link;
        }
    }
    return -1;
}

const char *row_state_name(enum row_state state)
{
    static const char *const words[] = {
#define ROW_WORDS(name, text) [name] = (text),
        ROW_STATES(ROW_WORDS)
#undef ROW_WORDS
    };
    return words[state];
}
