/*
 * Any bytes as a configuration file: nothing crashes, every finding is one line, and what stands behind a
 * secret's key is never in a finding.
 */
#include "daemon/conf_load.h"

#include "blynkd/base/secret.h"

#include <stdlib.h>
#include <string.h>

static void check_finding(void *arg, enum conf_gravity gravity, const char *text)
{
    const struct conf *conf = arg;
    const char *token = conf->bridge.link.session.token;

    (void)gravity;
    /* A short token is also a part of ordinary words. */
    if (strchr(text, '\n') || (strlen(token) > 24 && strstr(text, token))) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct conf conf;
    static struct conf_loader loader;
    struct conf_report report;

    if (size > CONF_FILE_MAX) {
        return 0;
    }
    conf_defaults(&conf);
    conf_report_init(&report);
    memset(&loader, 0, sizeof(loader));
    loader.conf = &conf;
    loader.report = &report;
    loader.origins.file_count = 1;
    strcpy(loader.origins.files[0], "fuzz.conf");
    conf_ini_parse(&loader, (const char *)data, size);
    conf_check(&loader);
    conf_report_each(&report, check_finding, &conf);
    conf_report_free(&report);
    secret_forget_all();
    return 0;
}
