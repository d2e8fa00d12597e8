/*
 * The doctor's findings on standard output: a line a step and what to do below it, or JSON. Knows nothing of how they
 * were found and keeps nothing. What came from outside is printed so that it cannot move the cursor of a terminal.
 */
#ifndef BLYNKD_CTL_DOCTOR_SHOW_H
#define BLYNKD_CTL_DOCTOR_SHOW_H

#include "doctor_steps.h"

#include <jansson.h>

/* Nothing for a step that is not for this installation. */
void doctor_print(const struct doctor_step *step, const struct doctor_result *result, bool color);

/* An array of {step, verdict, finding, advice}, one for each of doctor_steps; the caller releases it. */
json_t *doctor_json(const struct doctor_result *results);

#endif
