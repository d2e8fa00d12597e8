/*
 * The one screen of `blynkctl status`, from facts to lines. It owns nothing and asks nothing: the same facts at the
 * same time give the same text. What it prints comes from struct facts, whose texts are harmless already.
 */
#ifndef BLYNKD_CTL_STATUS_TEXT_H
#define BLYNKD_CTL_STATUS_TEXT_H

#include "facts.h"

#include <stdio.h>

struct status_page {
    int64_t now_ms;
    size_t columns; /* lines are wrapped to so many; 0: never */
    bool color;
};

void status_text_print(FILE *out, const struct facts *facts, const struct status_page *page);

#endif
