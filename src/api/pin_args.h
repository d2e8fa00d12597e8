/*
 * Reading pins from a command's words. Each function puts the error reply itself when it returns false. Keeps
 * nothing.
 */
#ifndef BLYNKD_API_PIN_ARGS_H
#define BLYNKD_API_PIN_ARGS_H

#include "commands.h"

#include "blynkd/bridge/pins.h"

#include <stdbool.h>

bool pin_arg_read(struct api_client *client, const struct resp_arg *arg, pin_id *pin);
/* All of them, before anything is done with one. */
bool pin_args_check(struct api_client *client, const struct resp_arg *args, size_t count, size_t step);

#endif
