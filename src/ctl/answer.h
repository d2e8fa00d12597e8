/*
 * The daemon's answers as what they mean: a map of names and values (LINK, MODEM, INFO), or JSON. Nothing here owns
 * a reply; the texts that are given out live as long as the reply. It never fails on an odd answer: what is not
 * there is NULL or the default.
 */
#ifndef BLYNKD_CTL_ANSWER_H
#define BLYNKD_CTL_ANSWER_H

#include <hiredis/hiredis.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* The value under a name in a map, which in RESP2 is a flat array; NULL if there is none. */
const redisReply *answer_find(const redisReply *map, const char *name);
/* The same as text, "" if there is none; integers have no text. */
const char *answer_text(const redisReply *map, const char *name);
int64_t answer_integer(const redisReply *map, const char *name, int64_t otherwise);

/*
 * JSON of a whole answer; a map where is_map is true. Bytes that are not UTF-8 become {"base64": ...}; several
 * values separated by NUL become an array of strings. To be released with json_decref(); NULL: out of memory.
 */
json_t *answer_json(const redisReply *reply, bool is_map);
json_t *answer_json_value(const char *bytes, size_t len);

/* One JSON document and a newline on standard output; takes the document. An enum ctl_exit. */
int answer_print_json(json_t *document);

#endif
