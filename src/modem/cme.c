#include "cme.h"

#include "blynkd/base/pattern.h"

#include <stdio.h>
#include <string.h>

static const struct {
    int code;
    const char *words;
} table[] = {
    {3, "not allowed now"},
    {4, "not supported"},
    {10, "no SIM card"},
    {11, "the SIM card wants its PIN"},
    {12, "the SIM card wants its PUK"},
    {13, "the SIM card fails"},
    {14, "the SIM card is busy"},
    {15, "the wrong kind of SIM card"},
    {16, "wrong PIN"},
    {30, "no network"},
    {31, "the network did not answer"},
    {32, "emergency calls only"},
    {50, "could not be done"},
    {53, "not possible in this state"},
    {58, "the modem does not know the command"},
    {103, "the network does not accept this SIM card"},
    {106, "the network does not accept this modem"},
    {107, "the SIM card has no data service"},
    {111, "this network does not accept the SIM card"},
    {112, "the SIM card is not accepted in this area"},
    {113, "no roaming here"},
    {132, "the network does not offer this service"},
    {133, "the SIM card has no such service"},
    {134, "the network's data service is out of order"},
    {148, "the network gave no reason"},
    {149, "the network refused user name or password of the access point"},
    {150, "the network does not accept this kind of modem"},
    {264, "wrong PIN"},
    {268, "wrong PIN, no tries left"},
};

/* Words of a dialect instead of a number. */
static const struct {
    const char *text;
    const char *words;
} answers[] = {
    {"+CWJAP: 1", "no answer from the access point"},
    {"+CWJAP: 2", "the wireless network's password is wrong"},
    {"+CWJAP: 3", "there is no wireless network of that name"},
    {"+CWJAP: 4", "the access point refuses the modem"},
};

static const char *answer_words(const char *text)
{
    for (size_t i = 0; text && i < sizeof(answers) / sizeof(answers[0]); i++) {
        if (pattern_matches(answers[i].text, text, strlen(text), NULL)) {
            return answers[i].words;
        }
    }
    return NULL;
}

const char *cme_words(int code)
{
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (table[i].code == code) {
            return table[i].words;
        }
    }
    return NULL;
}

const char *cme_describe(const struct at_reply *reply, char *out, size_t size)
{
    const char *words = reply->code >= 0 ? cme_words(reply->code) : answer_words(reply->text);

    switch (reply->result) {
    case AT_RESULT_ERROR:
    case AT_RESULT_FAIL:
        snprintf(out, size, "the modem says \"%.64s\"%s%s%s", reply->text ? reply->text : "",
                 words ? " (" : "", words ? words : "", words ? ")" : "");
        break;
    case AT_RESULT_OK:
        snprintf(out, size, "the answer did not say so");
        break;
    case AT_RESULT_TIMEOUT:
    case AT_RESULT_REBOOT:
    case AT_RESULT_CANCELLED:
        snprintf(out, size, "%s", at_result_name(reply->result));
        break;
    }
    return out;
}
