/*
 * A scripted conversation at the other end of a fake port, in the notation of the fact sheets and of tests/logs:
 *
 *   >> AT+CSQ\r                        what must be written next
 *   << \r\n+CSQ: 23,99\r\n\r\nOK\r\n    what the modem answers then
 *   -- advance 5000                    milliseconds that pass before the next line is done
 *   -- down                            the port fails
 *   -- anything else is a comment; so is what follows two blanks and "--" at the end of a line
 *
 * \r \n \t \\ and \xNN are single bytes; all other characters, single blanks at the end included, are themselves.
 * The player answers from the loop, so a test only advances the time. It owns a copy of the text; the test owns
 * the player. A byte that is not in the script is told at once on standard error with the number of the line; then
 * the modem is silent, and the test fails when it next asks whether the script is done.
 */
#ifndef FAKE_MODEM_H
#define FAKE_MODEM_H

#include "fake_port.h"

struct fake_modem;

/* Plays the text; starts when the port is open, with what has been written and not looked at. `name` is for
 * messages. */
struct fake_modem *fake_modem_create(struct fake_port *port, const char *name, const char *script);

/* The same from a file. */
struct fake_modem *fake_modem_load(struct fake_port *port, const char *path);
void fake_modem_destroy(struct fake_modem *modem);

/* True when the last line has been played. */
bool fake_modem_is_done(const struct fake_modem *modem);

/* Fails the test unless all was played and nothing more was written. */
void fake_modem_expect_done(struct fake_modem *modem);

/* Advances virtual time in steps until the script is done or `ms` have passed; then as fake_modem_expect_done(). */
void fake_modem_play(struct fake_modem *modem, uint64_t ms);

#endif
