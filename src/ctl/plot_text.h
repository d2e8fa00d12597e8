/*
 * A series drawn with characters: braille dots (two by four in each character) or ASCII. The caller owns the picture;
 * nothing is allocated. Lines between the points, none across a frame's edge; it never writes beyond its bounds,
 * whatever the numbers are.
 */
#ifndef BLYNKD_CTL_PLOT_TEXT_H
#define BLYNKD_CTL_PLOT_TEXT_H

#include "series.h"

#include <stdio.h>

#define PLOT_COLUMNS_MAX 400
#define PLOT_ROWS_MAX    120

struct plot_picture {
    size_t rows, columns; /* in characters, at most the above, at least 1 */
    bool utf8;
    unsigned char dots[PLOT_ROWS_MAX][PLOT_COLUMNS_MAX];
};

void plot_picture_draw(struct plot_picture *picture, const struct series *series,
                       const struct series_frame *frame);
/* A row without its trailing blanks; `out` has PLOT_COLUMNS_MAX * 3 + 1 bytes. */
char *plot_picture_row(const struct plot_picture *picture, size_t row, char *out);

/* The whole plot with its axes in so many rows and columns. */
struct plot_page {
    size_t rows, columns;
    bool utf8, color;
};
void plot_text_print(FILE *out, const struct series *series, const char *title, const struct plot_page *page);

#endif
