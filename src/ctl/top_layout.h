/*
 * Which part of top's screen stands where, for any size of terminal: what matters most keeps its place when there is
 * little. Pure; it owns nothing and never gives out a row beyond the screen.
 */
#ifndef BLYNKD_CTL_TOP_LAYOUT_H
#define BLYNKD_CTL_TOP_LAYOUT_H

#include <stdbool.h>

enum top_part {
    TOP_PART_LINK, /* from the top to the bottom of the screen */
    TOP_PART_WHY,
    TOP_PART_TIMELINE,
    TOP_PART_NETWORK,
    TOP_PART_PLOTS,
    TOP_PART_QUEUES,
    TOP_PART_BUDGETS,
    TOP_PART_TABLES,
    TOP_PART_KEYS,
    TOP_PARTS
};

struct top_place {
    int row, rows; /* 0 rows: there is no room for it */
};

struct top_layout {
    struct top_place parts[TOP_PARTS];
    bool is_wide; /* plots and tables side by side */
};

void top_layout(struct top_layout *layout, int rows, int columns);

#endif
