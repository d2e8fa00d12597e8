#include "actions.h"

#include "conf.h"

#include "blynkd/modem/modem.h"

#include <stdio.h>
#include <stdlib.h>

static void print_finding(void *arg, enum conf_gravity gravity, const char *text)
{
    static const char *const words[] = {
        [CONF_WARNING] = "warning", [CONF_ERROR] = "error", [CONF_MISSING] = "unfinished"};

    fprintf(arg, "%s: %s\n", words[gravity], text);
}

int action_check_config(const struct options *options, const struct conf_report *report)
{
    conf_report_each(report, print_finding, stderr);
    if (report->errors) {
        return EXIT_CONFIG;
    }
    printf("%s: %s\n", options->candidate ? options->candidate : options->config_path,
           report->missing ? "unfinished" : "OK");
    return report->missing ? EXIT_UNFINISHED : EXIT_SUCCESS;
}

int action_help_config(void)
{
    struct buf text;

    buf_init(&text, CONF_FILE_MAX);
    int error = conf_print(&text);
    if (!error) {
        fwrite(buf_bytes(&text), 1, buf_len(&text), stdout);
    }
    buf_free(&text);
    return error ? EXIT_OS_ERROR : EXIT_SUCCESS;
}

int action_list_modems(void)
{
    char line[256];

    printf("%s\n", modem_profile_heading());
    for (size_t i = 0; i < modem_profile_count(); i++) {
        if (modem_profile_describe(modem_profile_at(i), line, sizeof(line)) >= 0) {
            puts(line);
        }
    }
    return EXIT_SUCCESS;
}
