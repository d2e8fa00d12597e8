#include "conf.h"

#define MEMBER(member) .offset = offsetof(struct conf, member), .size = sizeof(((struct conf *)0)->member)
#define ELEMENTS(member, counter)                                                                            \
    .offset = offsetof(struct conf, member), .size = sizeof(((struct conf *)0)->member[0]),                  \
    .count_offset = offsetof(struct conf, counter)

#define SECONDS(n) ((n)*UINT64_C(1000))
#define MINUTES(n) ((n)*UINT64_C(60000))
#define KIB(n)     ((n)*UINT64_C(1024))
#define GIB(n)     ((n)*UINT64_C(1073741824))

/* In the order of enum conf_tls. */
static const char *const tls_words[] = {"no", "yes", "modem", NULL};
static const char *const uplink_words[] = {"modem", "host", NULL};
/* In the order of enum outbox_durability and enum outbox_policy. */
static const char *const durability_words[] = {"memory", "offline", "always", NULL};
static const char *const policy_words[] = {"refuse", "oldest", NULL};
/* "": enum conf_delivery begins at 1. */
static const char *const delivery_words[] = {"", "all", "latest", NULL};
static const char *const role_words[] = {
#define CONF_ROLE(name, word) word,
    API_ROLES(CONF_ROLE)
#undef CONF_ROLE
        NULL};
static const char *const level_words[] = {
#define CONF_LEVEL(name, word, priority) word,
    LOG_LEVELS(CONF_LEVEL)
#undef CONF_LEVEL
        NULL};

/* In the order of the printed file. Laid out by hand: a row of three lines reads better than one of twelve. */
/* clang-format off */
static const struct conf_key keys[] = {
    {.section = "modem", .name = "port", .type = CONF_TYPE_PATH, MEMBER(port.path),
     .fallback = "/dev/serial0", .unit = "path", .apply = CONF_APPLY_LINK,
     .help = "The modem's serial port; for a USB modem a name from /dev/serial/by-id, which stays the same."},
    {.section = "modem", .name = "profile", .type = CONF_TYPE_PROFILE, MEMBER(modem.profile),
     .fallback = "auto", .unit = "name", .apply = CONF_APPLY_LINK,
     .help = "The kind of modem (blynkd --list-modems prints them); auto asks the modem who it is."},
    {.section = "modem", .name = "baud", .type = CONF_TYPE_NUMBER, MEMBER(port.baud), .fallback = "115200",
     .unit = "bits per second", .min = 1200, .max = 4000000, .apply = CONF_APPLY_LINK,
     .help = "Speed of the serial line; must be what the modem is set to."},
    {.section = "modem", .name = "rtscts", .type = CONF_TYPE_BOOL, MEMBER(port.rtscts), .fallback = "no",
     .unit = "yes or no", .apply = CONF_APPLY_LINK,
     .help = "Hardware flow control; only if the RTS and CTS lines are wired."},
    {.section = "modem", .name = "pin", .type = CONF_TYPE_DIGITS, MEMBER(modem.pin), .example = "0000",
     .unit = "4 to 8 digits", .min = 4, .max = 8, .secret = true, .apply = CONF_APPLY_LINK,
     .help = "The SIM card's PIN, if it asks for one. A PIN that the card refused is never tried again."},
    {.section = "modem", .name = "pin_file", .type = CONF_TYPE_PATH, MEMBER(pin_file),
     .example = "/etc/blynkd/pin", .unit = "path", .apply = CONF_APPLY_LINK,
     .help = "A file with the PIN instead; or the systemd credential `pin`."},
    {.section = "modem", .name = "command_gap", .type = CONF_TYPE_DURATION, MEMBER(modem.command_gap_ms),
     .fallback = "auto", .automatic = "auto", .unit = "time", .max = SECONDS(5), .apply = CONF_APPLY_LINK,
     .help = "Pause between an answer of the modem and the next command; auto is what the profile says."},
    {.section = "modem", .name = "poll", .type = CONF_TYPE_DURATION, MEMBER(modem.poll_ms),
     .fallback = "120s", .unit = "time, 0 = never", .max = SECONDS(86400), .apply = CONF_APPLY_LIVE,
     .help = "How often signal and registration are asked for while nothing else happens."},
    {.section = "modem", .name = "trace", .type = CONF_TYPE_BOOL, MEMBER(trace), .fallback = "no",
     .unit = "yes or no", .apply = CONF_APPLY_LIVE,
     .help = "Log every exchange with the modem, secrets masked."},

    {.section = "power", .name = "pwrkey", .type = CONF_TYPE_LINE, MEMBER(lines.key), .example = "gpiochip0:4",
     .unit = "chip:line, and low if it is pressed at low level", .apply = CONF_APPLY_RESTART,
     .help = "The line that presses the modem's power key."},
    {.section = "power", .name = "reset", .type = CONF_TYPE_LINE, MEMBER(lines.reset),
     .example = "gpiochip0:17", .unit = "chip:line, and low if it resets at low level",
     .apply = CONF_APPLY_RESTART,
     .help = "The line to the modem's reset input; used instead of the power key if both are there."},
    {.section = "power", .name = "rail", .type = CONF_TYPE_LINE, MEMBER(lines.rail), .example = "gpiochip0:22",
     .unit = "chip:line, and low if low level gives power", .apply = CONF_APPLY_RESTART,
     .help = "The line that switches the modem's supply; held on as long as blynkd runs."},
    {.section = "power", .name = "status", .type = CONF_TYPE_LINE, MEMBER(lines.status),
     .example = "gpiochip0:27", .unit = "chip:line, and low if low level means on", .apply = CONF_APPLY_RESTART,
     .help = "The line that tells whether the modem runs; without it the power key is pressed blindly."},
    {.section = "power", .name = "pulse", .type = CONF_TYPE_DURATION, MEMBER(lines.pulse_ms),
     .fallback = "0", .unit = "time, 0 = as the modem needs it", .max = SECONDS(5), .apply = CONF_APPLY_RESTART,
     .help = "How long key or reset line are pressed."},
    {.section = "power", .name = "rail_off", .type = CONF_TYPE_DURATION, MEMBER(lines.rail_off_ms),
     .fallback = "10s", .unit = "time", .min = SECONDS(2), .max = SECONDS(20), .apply = CONF_APPLY_RESTART,
     .help = "How long the supply stays off, until all capacitors are empty."},
    {.section = "power", .name = "reset_command", .type = CONF_TYPE_TEXT, MEMBER(power.reset),
     .example = "/usr/local/sbin/modem-key", .unit = "program and words", .apply = CONF_APPLY_RESTART,
     .help = "Presses the modem's power or reset key; started without a shell, with the word reset behind it."},
    {.section = "power", .name = "power_command", .type = CONF_TYPE_TEXT, MEMBER(power.cycle),
     .example = "/usr/local/sbin/modem-power", .unit = "program and words", .apply = CONF_APPLY_RESTART,
     .help = "Switches the modem's power off and on; started the same way, with the word cycle behind it."},
    {.section = "power", .name = "command_timeout", .type = CONF_TYPE_DURATION, MEMBER(power.timeout_ms),
     .fallback = "15s", .unit = "time", .min = SECONDS(1), .max = SECONDS(25), .apply = CONF_APPLY_RESTART,
     .help = "A command that takes longer is ended."},

    {.section = "network", .name = "apn", .type = CONF_TYPE_TEXT, MEMBER(modem.apn), .example = "internet",
     .unit = "plain text", .apply = CONF_APPLY_LINK,
     .help = "The operator's access point name. Must be given; left empty, the network chooses."},
    {.section = "network", .name = "user", .type = CONF_TYPE_TEXT, MEMBER(modem.user), .example = "web",
     .unit = "plain text", .apply = CONF_APPLY_LINK,
     .help = "User name for the access point, if it wants one."},
    {.section = "network", .name = "password", .type = CONF_TYPE_TEXT, MEMBER(modem.password),
     .example = "web", .unit = "plain text", .secret = true, .apply = CONF_APPLY_LINK,
     .help = "Password for the access point, if it wants one."},
    {.section = "network", .name = "password_file", .type = CONF_TYPE_PATH, MEMBER(password_file),
     .example = "/etc/blynkd/apn-password", .unit = "path", .apply = CONF_APPLY_LINK,
     .help = "A file with the password instead; or the systemd credential `password`."},
    {.section = "network", .name = "roaming", .type = CONF_TYPE_BOOL, MEMBER(modem.allow_roaming),
     .fallback = "yes", .unit = "yes or no", .apply = CONF_APPLY_LINK,
     .help = "Whether a foreign network may be used."},
    {.section = "network", .name = "uplink", .type = CONF_TYPE_WORD, MEMBER(uplink), .words = uplink_words,
     .fallback = "modem", .unit = "modem or host", .apply = CONF_APPLY_RESTART,
     .help = "What carries the connection: the modem, or the host's own network."},

    {.section = "wifi", .name = "ssid", .type = CONF_TYPE_TEXT, MEMBER(modem.ssid), .example = "home",
     .unit = "plain text", .apply = CONF_APPLY_LINK,
     .help = "The wireless network's name; for modules with Wi-Fi, which have no SIM card."},
    {.section = "wifi", .name = "password", .type = CONF_TYPE_TEXT, MEMBER(modem.wifi_password),
     .example = "12345678", .unit = "plain text", .secret = true, .apply = CONF_APPLY_LINK,
     .help = "The wireless network's password."},
    {.section = "wifi", .name = "password_file", .type = CONF_TYPE_PATH, MEMBER(wifi_password_file),
     .example = "/etc/blynkd/wifi-password", .unit = "path", .apply = CONF_APPLY_LINK,
     .help = "A file with the password instead; or the systemd credential `wifi_password`."},

    {.section = "blynk", .name = "token", .type = CONF_TYPE_TEXT, MEMBER(bridge.link.session.token),
     .example = "0123456789abcdefghijklmnopqrstuv", .unit = "plain text", .secret = true, .apply = CONF_APPLY_LINK,
     .help = "The device's token, from Device Info in the Blynk console."},
    {.section = "blynk", .name = "token_file", .type = CONF_TYPE_PATH, MEMBER(token_file),
     .example = "/etc/blynkd/token", .unit = "path", .apply = CONF_APPLY_LINK,
     .help = "A file with the token instead; or the systemd credential `token`."},
    {.section = "blynk", .name = "server", .type = CONF_TYPE_SERVER, MEMBER(bridge.link.host),
     .fallback = "blynk.cloud", .unit = "host or host:port", .apply = CONF_APPLY_LINK,
     .help = "The Blynk server. Without a port: 443 and 9443 in turn, with `tls = no` 80 and 8080."},
    {.section = "blynk", .name = "tls", .type = CONF_TYPE_WORD, MEMBER(tls), .words = tls_words,
     .fallback = "yes", .unit = "yes, no or modem", .apply = CONF_APPLY_LINK,
     .help = "Encryption by this machine, whatever the modem is; no: all travels readable; modem: the modem's own TLS."},
    {.section = "blynk", .name = "ca_file", .type = CONF_TYPE_PATH, MEMBER(bridge.link.ca_file),
     .example = "/etc/blynkd/ca.pem", .unit = "path", .apply = CONF_APPLY_LINK,
     .help = "Whom to trust instead of the system's authorities: those of a private server. `tls = modem` needs it."},
    {.section = "blynk", .name = "template", .type = CONF_TYPE_TEXT, MEMBER(bridge.link.session.template_id),
     .example = "TMPL0123456789", .unit = "plain text", .apply = CONF_APPLY_LINK,
     .help = "The template's id, told to the server after login."},
    {.section = "blynk", .name = "firmware", .type = CONF_TYPE_TEXT,
     MEMBER(bridge.link.session.firmware_version), .example = "1.0.0", .unit = "plain text",
     .apply = CONF_APPLY_LINK,
     .help = "The version that the console shows for this device."},
    {.section = "blynk", .name = "fallback_addresses", .type = CONF_TYPE_LIST,
     ELEMENTS(bridge.link.fallback_addresses, bridge.link.fallback_count),
     .example = "192.0.2.10, 192.0.2.11", .unit = "up to 8 addresses", .apply = CONF_APPLY_LINK,
     .help = "Tried in this order when the modem cannot resolve the server's name, or not in time."},
    {.section = "blynk", .name = "allowed_redirects", .type = CONF_TYPE_LIST,
     ELEMENTS(bridge.link.allowed_redirects, bridge.link.allowed_redirect_count), .fallback = ".blynk.cloud",
     .unit = "up to 8 endings of host names", .apply = CONF_APPLY_LINK,
     .help = "Where the server may send the device; nowhere else is the token told."},
    {.section = "blynk", .name = "heartbeat", .type = CONF_TYPE_DURATION,
     MEMBER(bridge.link.session.heartbeat_ms), .fallback = "auto", .automatic = "auto", .unit = "time or auto",
     .min = SECONDS(5), .max = MINUTES(60), .apply = CONF_APPLY_LIVE,
     .help = "A ping is sent after so long without traffic; auto begins with 90s and learns what the network bears."},
    {.section = "blynk", .name = "heartbeat_max", .type = CONF_TYPE_DURATION,
     MEMBER(bridge.link.heartbeat_max_ms), .fallback = "5m", .unit = "time", .min = SECONDS(30),
     .max = MINUTES(60), .apply = CONF_APPLY_LIVE,
     .help = "The longest that `heartbeat = auto` tries; longer costs less data, but a dead link is seen later."},
    {.section = "blynk", .name = "grace", .type = CONF_TYPE_DURATION, MEMBER(bridge.link.session.grace_ms),
     .fallback = "45s", .unit = "time", .min = SECONDS(2), .max = MINUTES(10), .apply = CONF_APPLY_LIVE,
     .help = "The connection is given up when a ping stays unanswered so long."},
    {.section = "blynk", .name = "connect_timeout", .type = CONF_TYPE_DURATION,
     MEMBER(bridge.link.connect_ms), .fallback = "3m", .unit = "time", .min = SECONDS(5), .max = MINUTES(10),
     .apply = CONF_APPLY_LIVE,
     .help = "Longest wait for the connection to the server; modems take up to 160s to say no."},
    {.section = "blynk", .name = "login_timeout", .type = CONF_TYPE_DURATION,
     MEMBER(bridge.link.session.login_ms), .fallback = "20s", .unit = "time", .min = SECONDS(2),
     .max = MINUTES(5), .apply = CONF_APPLY_LIVE,
     .help = "Longest wait for the answer to the login."},
    {.section = "blynk", .name = "retry_first", .type = CONF_TYPE_DURATION,
     MEMBER(bridge.link.retry_first_ms), .fallback = "1s", .unit = "time", .min = 100, .max = MINUTES(10),
     .apply = CONF_APPLY_LIVE,
     .help = "Pause before the first new try after a failure; it doubles from try to try."},
    {.section = "blynk", .name = "retry_max", .type = CONF_TYPE_DURATION, MEMBER(bridge.link.retry_max_ms),
     .fallback = "5m", .unit = "time", .min = SECONDS(1), .max = MINUTES(1440), .apply = CONF_APPLY_LIVE,
     .help = "The longest such pause."},

    {.section = "outbox", .name = "durability", .type = CONF_TYPE_WORD, MEMBER(bridge.outbox.durability),
     .words = durability_words, .fallback = "offline", .unit = "memory, offline or always",
     .apply = CONF_APPLY_RESTART,
     .help = "What is kept on disk: nothing, what has waited for spill_after, or every write at once."},
    {.section = "outbox", .name = "max_messages", .type = CONF_TYPE_NUMBER, MEMBER(bridge.outbox.max_entries),
     .fallback = "10000", .unit = "messages", .min = 16, .max = 1000000, .apply = CONF_APPLY_LIVE,
     .help = "How many writes may wait in memory; more wait on disk."},
    {.section = "outbox", .name = "max_bytes", .type = CONF_TYPE_SIZE, MEMBER(bridge.outbox.max_bytes),
     .fallback = "1M", .unit = "bytes, k, M", .min = KIB(16), .max = KIB(262144), .apply = CONF_APPLY_LIVE,
     .help = "How much memory they may take."},
    {.section = "outbox", .name = "stamp_after", .type = CONF_TYPE_DURATION,
     MEMBER(bridge.outbox.stamp_after_ms), .fallback = "10s", .unit = "time", .min = SECONDS(1),
     .max = MINUTES(60), .apply = CONF_APPLY_LIVE,
     .help = "A write that waited longer is sent with the time at which it was made."},
    {.section = "outbox", .name = "spill_after", .type = CONF_TYPE_DURATION,
     MEMBER(bridge.outbox.spill_after_ms), .fallback = "10s", .unit = "time", .min = SECONDS(1),
     .max = MINUTES(60), .apply = CONF_APPLY_LIVE,
     .help = "With `durability = offline`: what is not confirmed after so long goes to disk."},
    {.section = "outbox", .name = "commit_interval", .type = CONF_TYPE_DURATION,
     MEMBER(bridge.outbox.commit_interval_ms), .fallback = "2s", .unit = "time", .min = 100,
     .max = SECONDS(60), .apply = CONF_APPLY_LIVE,
     .help = "The disk is written at most so often; a power failure loses the writes of that time."},
    {.section = "outbox", .name = "max_rows", .type = CONF_TYPE_NUMBER, MEMBER(bridge.outbox.max_rows),
     .fallback = "1000000", .unit = "messages", .min = 1000, .max = 100000000, .apply = CONF_APPLY_LIVE,
     .help = "How many writes may wait on disk."},
    {.section = "outbox", .name = "max_size", .type = CONF_TYPE_SIZE, MEMBER(bridge.outbox.max_spool_bytes),
     .fallback = "256M", .unit = "bytes, k, M, G", .min = KIB(1024), .max = KIB(UINT64_C(1) << 30),
     .apply = CONF_APPLY_LIVE, .help = "How much of the disk they may take."},
    {.section = "outbox", .name = "max_age", .type = CONF_TYPE_DURATION, MEMBER(bridge.outbox.max_age_ms),
     .fallback = "30d", .unit = "time, 0 = never", .max = MINUTES(43200), .apply = CONF_APPLY_LIVE,
     .help = "A write that has waited longer is dropped and counted; Blynk takes none older than a month."},
    {.section = "outbox", .name = "min_free", .type = CONF_TYPE_SIZE, MEMBER(bridge.outbox.min_free_bytes),
     .fallback = "64M", .unit = "bytes, k, M, G", .max = KIB(UINT64_C(1) << 30), .apply = CONF_APPLY_LIVE,
     .help = "What must stay free on the disk; below it nothing more is stored there."},
    {.section = "outbox", .name = "policy", .type = CONF_TYPE_WORD, MEMBER(bridge.outbox.policy),
     .words = policy_words, .fallback = "refuse", .unit = "refuse or oldest", .apply = CONF_APPLY_LIVE,
     .help = "At these bounds: refuse new writes, or drop the oldest writes of pins with `delivery = all`."},

    {.section = "limits", .name = "rate", .type = CONF_TYPE_NUMBER, MEMBER(bridge.link.session.rate_per_s),
     .fallback = "8", .unit = "messages per second up to 20, 0 = no limit", .max = 100000, .apply = CONF_APPLY_LIVE,
     .help = "Blynk drops what comes faster than 10 a second; above 20 it closes the connection."},
    {.section = "limits", .name = "burst", .type = CONF_TYPE_NUMBER, MEMBER(bridge.link.session.burst),
     .fallback = "10", .unit = "messages", .min = 1, .max = 100, .apply = CONF_APPLY_LIVE,
     .help = "How many may go at once after a pause."},
    {.section = "limits", .name = "confirm_messages", .type = CONF_TYPE_NUMBER,
     MEMBER(bridge.link.session.confirm_messages), .fallback = "64", .unit = "messages", .min = 1,
     .max = 10000, .apply = CONF_APPLY_LIVE,
     .help = "An early ping is sent when so many wait for the server's confirmation."},

    {.section = "budget", .name = "bytes", .type = CONF_TYPE_SIZE, MEMBER(bridge.budget.bytes),
     .fallback = "0", .unit = "bytes, k, M, G, 0 = no budget", .max = GIB(1024), .apply = CONF_APPLY_LIVE,
     .help = "What the connection may cost a month, both ways, as the operator counts it (estimated)."},
    {.section = "budget", .name = "messages", .type = CONF_TYPE_NUMBER, MEMBER(bridge.budget.messages),
     .fallback = "0", .unit = "messages, 0 = no budget", .max = UINT64_C(1000000000), .apply = CONF_APPLY_LIVE,
     .help = "How many messages the device may send to Blynk a month."},
    {.section = "budget", .name = "reset_day", .type = CONF_TYPE_NUMBER, MEMBER(bridge.budget.reset_day),
     .fallback = "1", .unit = "day of the month", .min = 1, .max = 28, .apply = CONF_APPLY_LIVE,
     .help = "The day on which the operator begins to count anew."},

    {.section = "pins", .name = "delivery", .type = CONF_TYPE_WORD, MEMBER(delivery), .words = delivery_words,
     .fallback = "all", .unit = "all or latest", .apply = CONF_APPLY_LIVE,
     .help = "all: every write arrives, in order; latest: a waiting write is replaced by a newer one."},

    {.section = "pin *", .name = "delivery", .type = CONF_TYPE_PIN_RULE, MEMBER(pin_delivery),
     .words = delivery_words, .example = "latest", .unit = "all or latest", .apply = CONF_APPLY_LIVE,
     .help = "The same for one pin: a section [pin V5] for each."},
    {.section = "pin *", .name = "min_interval", .type = CONF_TYPE_PIN_INTERVAL, MEMBER(pin_min_interval_ms),
     .example = "10s", .unit = "time, 0 = none", .max = MINUTES(1440), .apply = CONF_APPLY_LIVE,
     .help = "With `delivery = latest`: not sent more often; what comes earlier waits, and the newest is sent."},
    {.section = "pin *", .name = "deadband", .type = CONF_TYPE_PIN_DEADBAND, MEMBER(pin_deadband),
     .example = "0.5", .unit = "number, 0 = none", .apply = CONF_APPLY_LIVE,
     .help = "A number that differs from the last one that was sent by less than this is not sent."},

    {.section = "socket", .name = "path", .type = CONF_TYPE_PATH, MEMBER(api.socket_path),
     .fallback = "/run/blynkd/blynkd.sock", .unit = "path", .apply = CONF_APPLY_RESTART,
     .help = "Where local programs connect; unused if systemd hands the socket over."},
    {.section = "socket", .name = "mode", .type = CONF_TYPE_OCTAL, MEMBER(api.socket_mode),
     .fallback = "0660", .unit = "octal file mode", .max = 0777, .apply = CONF_APPLY_LIVE,
     .help = "Who may connect."},
    {.section = "socket", .name = "group", .type = CONF_TYPE_NAME, MEMBER(api.socket_group),
     .fallback = "blynkd", .unit = "group", .apply = CONF_APPLY_LIVE,
     .help = "The socket's group; its members may write pins. Left empty: the daemon's own group."},
    {.section = "socket", .name = "max_clients", .type = CONF_TYPE_NUMBER, MEMBER(api.max_clients),
     .fallback = "256", .unit = "programs", .min = 1, .max = 10000, .apply = CONF_APPLY_LIVE,
     .help = "How many programs may be connected at once."},

    {.section = "access", .name = "user.*", .type = CONF_TYPE_ROLE, MEMBER(api.rules), .words = role_words,
     .example = "admin", .unit = "reader, writer or admin", .apply = CONF_APPLY_LIVE,
     .help = "What a user may do: user.NAME, a line for each. A user's line counts before group lines."},
    {.section = "access", .name = "group.*", .type = CONF_TYPE_ROLE, MEMBER(api.rules), .words = role_words,
     .example = "writer", .unit = "reader, writer or admin", .apply = CONF_APPLY_LIVE,
     .help = "What the members of a group may do: group.NAME, a line for each."},

    {.section = "log", .name = "level", .type = CONF_TYPE_WORD, MEMBER(log_level), .words = level_words,
     .fallback = "info", .unit = "error, warning, notice, info or debug", .apply = CONF_APPLY_LIVE,
     .help = "The least important lines that are still logged."},

    {.section = "daemon", .name = "state_dir", .type = CONF_TYPE_PATH, MEMBER(modem.state_dir),
     .fallback = "/var/lib/blynkd", .unit = "path", .apply = CONF_APPLY_RESTART,
     .help = "What must survive a restart: which PIN was tried, which heartbeat was learned."},
};
/* clang-format on */

size_t conf_key_count(void)
{
    return sizeof(keys) / sizeof(keys[0]);
}

const struct conf_key *conf_key_at(size_t index)
{
    return &keys[index];
}
