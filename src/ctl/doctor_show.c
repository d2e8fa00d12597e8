/* What the doctor has found, for people and for programs. */
#include "doctor_show.h"

#include "answer.h"
#include "say.h"

#include <string.h>

#define NAME_WIDTH 17

static enum say_color color_of(enum doctor_verdict verdict)
{
    switch (verdict) {
    case VERDICT_OK:
        return SAY_GREEN;
    case VERDICT_WRONG:
        return SAY_RED;
    case VERDICT_PENDING:
    case VERDICT_UNKNOWN:
    case VERDICT_NONE:
        break;
    }
    return SAY_YELLOW;
}

void doctor_print(const struct doctor_step *step, const struct doctor_result *result, bool color)
{
    if (result->verdict == VERDICT_NONE) {
        return;
    }
    printf("%s%-9s%s  %-*s ", say_begin(color, color_of(result->verdict)),
           doctor_verdict_name(result->verdict), say_end(color), NAME_WIDTH, step->name);
    say_text(stdout, result->finding, strlen(result->finding));
    if (result->advice[0]) {
        printf("\n%*s-> ", 12 + NAME_WIDTH, "");
        say_text(stdout, result->advice, strlen(result->advice));
    }
    putchar('\n');
    fflush(stdout);
}

json_t *doctor_json(const struct doctor_result *results)
{
    json_t *list = json_array();

    for (size_t i = 0; i < doctor_step_count; i++) {
        const struct doctor_result *result = &results[i];
        if (result->verdict != VERDICT_NONE) {
            json_array_append_new(list, json_pack("{s:s, s:s, s:o, s:o}", "step", doctor_steps[i].name,
                                                  "verdict", doctor_verdict_name(result->verdict), "finding",
                                                  answer_json_value(result->finding, strlen(result->finding)),
                                                  "advice",
                                                  answer_json_value(result->advice, strlen(result->advice))));
        }
    }
    return list;
}
