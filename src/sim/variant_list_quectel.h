/*
 * The part of the list of variants that only Quectel's modules have, in the columns of variant_list.h. Numbers of
 * sections refer to their fact sheet. It is only included by variant_list.h and never holds a value itself.
 */
#ifndef SIM_VARIANT_LIST_QUECTEL_H
#define SIM_VARIANT_LIST_QUECTEL_H

#define VARIANT_LIST_QUECTEL(X)                                                                              \
    X(APP_READY, FAMILY_QUECTEL, "app_rdy", "on|off", "on", "APP RDY at boot (BG96 and BG95; B1)")           \
    X(ACT, FAMILY_QUECTEL, "act", "#", "7", "access technology in +CREG and +COPS (LTE modules; 1.7)")       \
    X(QCCID_PREFIX, FAMILY_QUECTEL, "qccid_prefix", "on|off", "on", "+QCCID: before the number (A3)")        \
    X(CGATT_REFUSED, FAMILY_QUECTEL, "cgatt_refused", "107|30|148|error", "107",                             \
      "CGATT=1 that the network does not want (T-A8)")                                                       \
    X(DETACH_ANSWER, FAMILY_QUECTEL, "detach_answer", "ok|no_carrier", "ok",                                 \
      "answer of CGATT=0 and CGACT=0 (1.9)")                                                                 \
    X(CGACT, FAMILY_QUECTEL, "cgact", "ok|hang", "ok", "CGACT=1,1 works, or never answers (1.9)")            \
    X(PDP_CLOSES, FAMILY_QUECTEL, "pdp_closes", "none|before|after", "none",                                 \
      "lines of closed links beside that of the lost context (A4, T-B6)")

#define VARIANT_LIST_QUECTEL_GSM(X)                                                                          \
    X(QIRDI_MORE, FAMILY_QUECTEL, "qirdi_more", "on|off", "on",                                              \
      "the firmware knows QINDI=2, which counts in +QIRDI (GSM modules)")                                    \
    X(DEACT_INITIAL, FAMILY_QUECTEL, "deact_initial", "ok|error", "ok",                                      \
      "QIDEACT with nothing up (GSM modules)")                                                               \
    X(PDP_TEXT, FAMILY_QUECTEL, "pdp_text", "plain|colon", "plain",                                          \
      "+PDP DEACT or +PDP: DEACT (GSM modules)")                                                             \
    X(NAME_MODE, FAMILY_QUECTEL, "qidnsip", "0|1", "0", "AT+QIDNSIP after boot (GSM modules; A5)")           \
    X(ALREADY_OPEN, FAMILY_QUECTEL, "already_open", "already|fail", "already",                               \
      "QIOPEN of an open link: ALREADY CONNECT or CONNECT FAIL (GSM modules; A6)")                           \
    X(FAIL_KEEPS_LINK, FAMILY_QUECTEL, "fail_keeps_link", "on|off", "off",                                   \
      "after CONNECT FAIL the link opens again only behind QICLOSE (GSM modules; A6)")                       \
    X(QICLOSE_FAILED, FAMILY_QUECTEL, "qiclose_failed", "ok|error", "ok",                                    \
      "QICLOSE after CONNECT FAIL (GSM modules; T-A5)")                                                      \
    X(QICLOSE_FREED, FAMILY_QUECTEL, "qiclose_freed", "error|ok", "error",                                   \
      "QICLOSE after the peer's close (GSM modules; T-A4)")                                                  \
    X(QIRD_GIVES, FAMILY_QUECTEL, "qird_gives", "packet|all", "packet",                                      \
      "QIRD gives at most one packet, or whatever there is (GSM modules; A8)")                               \
    X(QISTATE_IDLE, FAMILY_QUECTEL, "qistate_idle", "full|ok", "full",                                       \
      "QISTATE without a connection: everything, or OK alone (GSM modules; A9)")

#define VARIANT_LIST_QUECTEL_LTE(X)                                                                          \
    X(QISTATE_THREE, FAMILY_QUECTEL, "qistate_three", "on|off", "off",                                       \
      "QISTATE says 3 of a healthy connection (LTE modules)")                                                \
    X(QICLOSE_IDLE, FAMILY_QUECTEL, "qiclose_idle", "ok|error", "ok",                                        \
      "QICLOSE of a number not in use (LTE modules; T-B6)")                                                  \
    X(QICLOSE_URC, FAMILY_QUECTEL, "qiclose_urc", "on|off", "off",                                           \
      "QICLOSE is told as a remote close, too (LTE modules; B7)")                                            \
    X(URC_PORT, FAMILY_QUECTEL, "urc_port", "here|elsewhere", "here",                                        \
      "+QIURC lines come, or only after QURCCFG (LTE modules; B1)")                                          \
    X(CONTEXT_TAKEN, FAMILY_QUECTEL, "context_taken", "on|off", "off",                                       \
      "context 1 belongs to the network card: QIACT=1 is an ERROR (LTE modules; B10)")                       \
    X(PROMPT_LINE, FAMILY_QUECTEL, "prompt_line", "on|off", "off",                                           \
      "the prompt is a whole line (EC200U, EG915U; B10)")

#endif
