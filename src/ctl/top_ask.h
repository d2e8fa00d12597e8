/*
 * The questions of one look of top. It owns nothing beyond the call but the answers, which the caller gives back with
 * top_forget(). It never asks for more than there are pins, and never prints anything.
 */
#ifndef BLYNKD_CTL_TOP_ASK_H
#define BLYNKD_CTL_TOP_ASK_H

#include "ctl.h"
#include "top_data.h"

/* What an older daemon does not know is left out; anything else that fails ends the look. */
enum ctl_exit top_ask(struct ctl *ctl, struct top_answers *answers);
void top_forget(struct top_answers *answers);

#endif
