/* The lower part of top's screen: pins that change, who is connected; and the page of help in its place. */
#include "top_paint.h"
#include "top_screen.h"
#include "words.h"

#include <pwd.h>
#include <stdio.h>

#define FRESH_MS 5000

static void paint_pin(const struct top_pin *pin, const struct top_view *view, bool utf8, int row, int column,
                      int columns)
{
    int64_t age_ms = view->now_ms - pin->changed_ms;
    bool is_fresh = pin->changed_ms && age_ms < FRESH_MS;
    const char *way = !pin->changed_ms     ? " "
                      : utf8               ? (pin->is_from_blynk ? "↓" : "↑")
                      : pin->is_from_blynk ? "<"
                                           : ">";
    char age[WORDS_MAX_BYTES] = "";
    int end = column + columns, at;

    if (pin->changed_ms && !is_fresh) {
        /* Whole minutes once it is old: a screen that rests sends nothing. */
        words_duration(age_ms < 60000 ? age_ms / 10000 * 10000 : age_ms, age);
    } else if (is_fresh) {
        snprintf(age, sizeof(age), "now");
    }
    top_putf(row, column, columns, is_fresh ? TOP_STRONG : TOP_PLAIN, "%-5s%s", pin->name, way);
    at = column + 7;
    top_put(row, at, end - at - 9, is_fresh ? TOP_STRONG : TOP_PLAIN, pin->value);
    top_putf(row, end - 8, 8, TOP_DIM, "%8s", age);
}

static void paint_pins(const struct top *top, const struct top_view *view, const struct top_place *place,
                       int columns)
{
    static size_t order[TOP_PINS_MAX];
    size_t first = view->first_pin < top->pin_count ? view->first_pin : 0;
    char title[WORDS_MAX_BYTES];

    snprintf(title, sizeof(title), " Pins: %zu, %s", top->pin_count,
             view->by_name ? "by name" : "last changed first");
    top_put_bar(place->row, 0, columns, title);
    top_sort_pins(top, view->by_name, order);
    for (int i = 1; i < place->rows && first + (size_t)i <= top->pin_count; i++) {
        paint_pin(&top->pins[order[first + (size_t)i - 1]], view, top->facts.utf8, place->row + i, 0,
                  columns);
    }
}

static void paint_client(const struct top_client *client, int row, int column, int columns)
{
    const struct passwd *user = client->uid >= 0 ? getpwuid((uid_t)client->uid) : NULL;
    char who[64], idle[WORDS_MAX_BYTES];

    if (client->name[0]) {
        snprintf(who, sizeof(who), "%s", client->name);
    } else if (user) {
        snprintf(who, sizeof(who), "(%.40s)", user->pw_name);
    } else {
        snprintf(who, sizeof(who), "(user %lld)", (long long)client->uid);
    }
    words_duration(client->idle_s < 60 ? 0 : client->idle_s / 60 * 60000, idle);
    top_putf(row, column, columns, TOP_PLAIN, "%-13.13s %7lld %s%s", who, (long long)client->commands,
             client->idle_s < 60 ? "active" : "idle ", client->idle_s < 60 ? "" : idle);
    if (client->is_subscribed) {
        int right = columns > 39 ? columns - 5 : 34; /* behind the time, whatever that says */

        top_put(row, column + right, columns - right, TOP_DIM, "hears");
    }
}

static void paint_clients(const struct top *top, const struct top_place *place, int column, int columns)
{
    char title[WORDS_MAX_BYTES];

    snprintf(title, sizeof(title), " Programs: %zu, commands", top->client_count);
    top_put_bar(place->row, column, columns, title);
    for (int i = 1; i < place->rows && (size_t)i <= top->client_count; i++) {
        paint_client(&top->clients[i - 1], place->row + i, column, columns);
    }
}

void top_paint_tables(const struct top *top, const struct top_view *view, const struct top_layout *layout)
{
    const struct top_place *place = &layout->parts[TOP_PART_TABLES];
    int columns = top_screen_columns();

    if (place->rows < 1 || columns < 20) {
        return;
    }
    if (layout->is_wide) {
        paint_pins(top, view, place, columns / 2 - 1);
        paint_clients(top, place, columns / 2, columns - columns / 2);
    } else {
        paint_pins(top, view, place, columns);
    }
}

void top_paint_help(void)
{
    static const char *const lines[] = {
        "blynkctl top shows the daemon's link to Blynk as it runs.",
        "",
        "  q, Ctrl-C  end           ?  this page, any key leaves it",
        "  t  time of strip and plots: 10 min, 1 h, 6 h, 1 day",
        "  s  pins by name, or last changed first",
        "  p  pause                 space  look now",
        "  arrows, page keys        scroll the pins",
        "",
        "The strip:  = connected    c calls the server, m the modem",
        "            ! waits after a failure, . off, x no daemon",
        "Pins:  < came from Blynk   > were written here",
    };

    for (int i = 0; i < (int)(sizeof(lines) / sizeof(lines[0])) && i < top_screen_rows() - 1; i++) {
        top_put(i, 0, top_screen_columns(), TOP_PLAIN, lines[i]);
    }
}
