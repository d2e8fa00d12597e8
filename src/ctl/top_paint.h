/*
 * Paints what top knows onto the screen. It owns nothing; it reads struct top and the person's choices and changes
 * neither. It never fails on a small screen: what has no room is left out.
 */
#ifndef BLYNKD_CTL_TOP_PAINT_H
#define BLYNKD_CTL_TOP_PAINT_H

#include "top_data.h"
#include "top_layout.h"

struct top_view {
    int64_t window_ms; /* of timeline and plots */
    size_t first_pin;  /* scrolled so far */
    bool by_name, is_help, is_paused;
    int64_t now_ms, wall_ms; /* of the last look */
};

void top_paint(const struct top *top, const struct top_view *view);

/* top_paint_tables.c */
void top_paint_tables(const struct top *top, const struct top_view *view, const struct top_layout *layout);
void top_paint_help(void);

#endif
