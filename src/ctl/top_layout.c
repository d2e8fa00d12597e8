#include "top_layout.h"

#include <string.h>

#define WIDE_COLUMNS 70

/* Most important first: what it needs, and what it can use when there is more. */
static const struct {
    enum top_part part;
    int least, most;
} wishes[] = {
    {TOP_PART_LINK, 1, 1},     {TOP_PART_KEYS, 1, 1},    {TOP_PART_WHY, 1, 1},    {TOP_PART_QUEUES, 1, 2},
    {TOP_PART_TIMELINE, 1, 1}, {TOP_PART_NETWORK, 1, 1}, {TOP_PART_TABLES, 3, 6}, {TOP_PART_PLOTS, 4, 7},
    {TOP_PART_BUDGETS, 1, 2},  {TOP_PART_PLOTS, 0, 10},
};

void top_layout(struct top_layout *layout, int rows, int columns)
{
    int left = rows, row = 0;

    memset(layout, 0, sizeof(*layout));
    layout->is_wide = columns >= WIDE_COLUMNS;
    for (size_t i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++) {
        int *place = &layout->parts[wishes[i].part].rows;
        if (wishes[i].least <= left && *place == 0) {
            *place = wishes[i].least;
            left -= wishes[i].least;
        }
    }
    for (size_t i = 0; i < sizeof(wishes) / sizeof(wishes[0]) && left > 0; i++) {
        int *place = &layout->parts[wishes[i].part].rows;
        int more = wishes[i].most - *place;
        more = *place == 0 || more < 0 ? 0 : more < left ? more : left;
        *place += more;
        left -= more;
    }
    layout->parts[TOP_PART_TABLES].rows += layout->parts[TOP_PART_TABLES].rows ? left : 0;
    for (int i = 0; i < TOP_PARTS; i++) {
        layout->parts[i].row = row;
        row += layout->parts[i].rows;
    }
}
