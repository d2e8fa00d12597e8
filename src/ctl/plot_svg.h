/*
 * A series as a drawing in SVG 1.1, with axes, readable on light and dark pages. It writes to the stream it is given
 * and owns nothing; the title must be harmless text (words_clean()), marks of XML in it are escaped.
 */
#ifndef BLYNKD_CTL_PLOT_SVG_H
#define BLYNKD_CTL_PLOT_SVG_H

#include "series.h"

#include <stdio.h>

void plot_svg_print(FILE *out, const struct series *series, const char *title);

#endif
