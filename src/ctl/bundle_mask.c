#include "bundle_mask.h"

#include <stddef.h>
#include <string.h>

#define DIGITS_MIN 14 /* an IMEI without its check digit; a time in ms has 13 */
#define DIGITS_MAX 22 /* an ICCID with what some modems add */

/* The digits of a card's number may have a letter or a sign of the maker's among them: 898602#4221620070426. */
static size_t run_of(const char *text, size_t *digits)
{
    size_t len = strspn(text, "0123456789");

    *digits = len;
    if (len >= 6 && text[len] && strchr("#ABCDEFabcdef", text[len])) {
        size_t more = strspn(text + len + 1, "0123456789");
        *digits += more;
        len += more ? more + 1 : 0;
    }
    return len;
}

void bundle_mask(char *text)
{
    while (*text) {
        size_t digits;
        size_t len = run_of(text, &digits);

        if (digits >= DIGITS_MIN && digits <= DIGITS_MAX) {
            memset(text + BUNDLE_DIGITS_KEPT, '*', len - BUNDLE_DIGITS_KEPT);
        }
        text += len ? len : 1;
    }
}
