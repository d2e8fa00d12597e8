/*
 * A Blynk frame as a sentence: "HARDWARE id 4: V5 = 21.5". Pure; it owns nothing and believes nothing: what it does
 * not know is shown as numbers, and a frame that was cut is shown as far as it goes. Source of the commands' numbers
 * and fields: the protocol sheet, 3 to 6.
 */
#ifndef BLYNKD_CTL_FRAME_TEXT_H
#define BLYNKD_CTL_FRAME_TEXT_H

#include <stddef.h>
#include <stdint.h>

#define FRAME_HEADER_BYTES 5
#define FRAME_TEXT_BYTES   512

#define FRAME_LOGIN    29 /* begins a session */
#define FRAME_RESPONSE 0  /* has a status where others have their length */

/* `frame` is header and body; zero-terminated, cut to size. Bytes that are not printable become '.'. */
void frame_text(const uint8_t *frame, size_t len, char *out, size_t size);

#endif
