/*
 * The list of all variants: identifier, families to which it applies, name, allowed values ('#' is a number,
 * '*' any text, '|' separates), default, meaning. Profiles override defaults; numbers of sections refer to the
 * fact sheets of the modem families. It is only included by variant.h and never holds a value itself.
 */
#ifndef SIM_VARIANT_LIST_H
#define SIM_VARIANT_LIST_H

#include "variant_list_quectel.h"

#define FAMILY_AI_THINKER 1u
#define FAMILY_SIMCOM_CIP 2u
#define FAMILY_SIMCOM_CA  4u
#define FAMILY_NEOWAY     64u
#define FAMILY_ESPRESSIF  128u
#define FAMILY_QUECTEL    256u
#define FAMILY_UBLOX      512u
#define FAMILY_NETOPEN    1024u
#define FAMILY_ALL        (~0u)

#define VARIANT_LIST_COMMON(X)                                                                               \
    X(BOOT, FAMILY_ALL, "boot", "warm|cold|off", "warm",                                                     \
      "at start: on and idle, just switched on, or off until 'power on'")                                    \
    X(BOOT_MS, FAMILY_ALL, "boot_ms", "#|realistic", "1500", "length of the boot dialogue")                  \
    X(BOOT_NOISE, FAMILY_ALL, "boot_noise", "on|off", "off", "junk bytes when the power comes")              \
    X(CLOCK, FAMILY_ALL, "clock", "now|*", "now", "network time, or a fixed yy/MM/dd,hh:mm:ss")              \
    X(ZONE, FAMILY_ALL, "zone", "*", "+04", "time zone as this modem prints it")                             \
    X(NITZ, FAMILY_ALL, "nitz", "on|off", "on", "the network tells the time")                                \
    X(CLOCK_UNSET, FAMILY_ALL, "clock_unset", "*", "80/01/06,00:00:12+00", "AT+CCLK? before it was told")    \
    X(CCLK_TIME, FAMILY_ALL, "cclk_time", "local|utc", "local", "what the digits of AT+CCLK? are")           \
    X(TAKES_TIME, FAMILY_ALL, "takes_time", "always|clts|ctzu", "always",                                    \
      "takes the network's time with a registration; only after AT+CLTS=1 or AT+CTZU=1")                     \
    X(CTZU, FAMILY_ALL, "ctzu", "0|1", "1", "AT+CTZU as it was stored")                                      \
    X(PSUTTZ, FAMILY_ALL, "psuttz", "quoted|broken", "quoted", "*PSUTTZ with all of its quotes")             \
    X(ROAMING, FAMILY_ALL, "roaming", "on|off", "off", "registered as 5 (roaming) in place of 1 (home)")     \
    X(REG_MS, FAMILY_ALL, "reg_ms", "#", "300", "from start of the search to registration")                  \
    X(ATTACH_MS, FAMILY_ALL, "attach_ms", "#", "0", "time of the packet attach")                             \
    X(BEARER_MS, FAMILY_ALL, "bearer_ms", "#", "0", "time to bring the bearer up")                           \
    X(CONNECT_MS, FAMILY_ALL, "connect_ms", "#", "0", "added to the time of a TCP connect")                  \
    X(AUTO_ATTACH, FAMILY_ALL, "auto_attach", "on|off", "off", "attached as soon as registered")             \
    X(TCP_ON_POWER_LOSS, FAMILY_ALL, "tcp_on_power_loss", "silent|close", "silent",                          \
      "what a peer sees of a reboot: nothing, or the end of the connection")                                 \
    X(UNPLUG_POWER, FAMILY_ALL, "unplug_power", "keep|lose", "keep", "does unplugging cut the power")        \
    X(CHECK_BAUD, FAMILY_ALL, "check_baud", "on|off", "off",                                                 \
      "noise when the host has set another speed than --baud")                                               \
    X(AUTOBAUD, FAMILY_ALL, "autobaud", "on|off", "off",                                                     \
      "fewer lines at boot; with check_baud: follows the host")                                              \
    X(ECHO, FAMILY_ALL, "echo", "on|off", "on", "echo after boot")                                           \
    X(CMEE, FAMILY_ALL, "cmee", "0|1|2", "0", "AT+CMEE after boot: plain ERROR, numbers, words")             \
    X(PAYLOAD_ECHO, FAMILY_ALL, "payload_echo", "on|off", "on", "with echo on, payload is echoed too")       \
    X(ESC_CANCELS, FAMILY_ALL, "esc_cancels", "lone|first|never", "lone",                                    \
      "ESC at a prompt for counted bytes: if it stays alone for 100 ms, if first, never")                    \
    X(PROMPT_SPACE, FAMILY_ALL, "prompt_space", "on|off", "on", "blank behind the '>' prompt")               \
    X(CME_SPACE, FAMILY_ALL, "cme_space", "on|off", "on", "blank in '+CME ERROR: 53'")                       \
    X(CPIN_SPACE, FAMILY_ALL, "cpin_space", "on|off", "on", "blank in '+CPIN: READY'")                       \
    X(DOUBLE_CRLF, FAMILY_ALL, "double_crlf", "on|off", "off", "an empty line more behind each line")        \
    X(UNKNOWN_COMMAND, FAMILY_ALL, "unknown_command", "error|cme58|invalid_line|not_support", "error",       \
      "answer to an unknown command")                                                                        \
    X(BUSY, FAMILY_ALL, "busy", "abort|swallow|say", "abort",                                                \
      "a line while a command runs aborts it, is lost, or is lost with 'busy p...'")                         \
    X(ABORT_ANSWER, FAMILY_ALL, "abort_answer", "none|error", "none", "answer of the aborted command")       \
    X(CPIN_BUSY_COUNT, FAMILY_ALL, "cpin_busy_count", "#", "0", "CPIN? refused so often after each boot")    \
    X(PIN_BURN, FAMILY_ALL, "pin_burn_when_ready", "on|off", "off",                                          \
      "a PIN sent when none is due burns a try")                                                             \
    X(DNS, FAMILY_ALL, "dns", "ok|fail|timeout|wrong", "ok", "what the modem's name lookup does")            \
    X(ONLY_DNS, FAMILY_ALL, "only_dns", "any|*", "any", "the only name server that answers")                 \
    X(CDNSCFG, FAMILY_ALL, "cdnscfg", "any|quoted|bare|absent", "any",                                       \
      "AT+CDNSCFG takes addresses with quotes, without, or is unknown")                                      \
    X(CHUNK_MAX, FAMILY_ALL, "chunk_max", "#", "1200", "largest piece of received data in one report")       \
    X(SEND_ACK_DELAY_MS, FAMILY_ALL, "send_ack_delay_ms", "#", "0", "added before a send is acknowledged")   \
    X(STORM_MS, FAMILY_ALL, "storm_ms", "#", "250", "pause of urc-storm when nothing else happens")          \
    X(CSQ_BER, FAMILY_ALL, "csq_ber", "#", "99", "second number of +CSQ")                                    \
    X(CDNSGIP_ERROR, FAMILY_ALL, "cdnsgip_error", "#", "8", "code of a failed CDNSGIP")                      \
    X(COPS_LIST, FAMILY_ALL, "cops_list", "answer|silent", "answer", "AT+COPS=? is answered, or never")      \
    X(IMEI, FAMILY_ALL, "imei", "*", "866104020000001", "IMEI")                                              \
    X(IMSI, FAMILY_ALL, "imsi", "*", "262011234567890", "IMSI")                                              \
    X(ICCID, FAMILY_ALL, "iccid", "*", "89860012345678901234", "ICCID")                                      \
    X(FIRMWARE, FAMILY_ALL, "firmware", "*", "", "firmware string, if not the profile's")                    \
    X(LOCAL_IP, FAMILY_ALL, "local_ip", "*", "10.8.18.69", "address of the bearer")

#define VARIANT_LIST_CIP(X)                                                                                  \
    X(CONNECT_TIMEOUT_S, FAMILY_ALL, "connect_timeout_s", "#", "75", "the modem's TCP gives up after")       \
    X(CONNECT_SPACE, FAMILY_SIMCOM_CIP, "connect_space", "on|off", "on", "blank in '0, CONNECT OK'")         \
    X(DATA_ACCEPT_SPACE, FAMILY_SIMCOM_CIP, "data_accept_space", "on|off", "off", "'DATA ACCEPT: 0,32'")     \
    X(RXGET_SPACE, FAMILY_SIMCOM_CIP, "rxget_space", "on|off", "off", "blank in '+CIPRXGET: 4, 0,5'")        \
    X(ACCEPT_PARTIAL, FAMILY_SIMCOM_CIP | FAMILY_UBLOX, "accept_partial", "#", "0",                          \
      "takes at most so many bytes; 0: all")                                                                 \
    X(EMPTY_READ, FAMILY_SIMCOM_CIP | FAMILY_SIMCOM_CA | FAMILY_ESPRESSIF, "empty_read", "zero|error",       \
      "zero", "CIPRXGET=2 or CARECV with nothing there")                                                     \
    X(UNREAD_AFTER_CLOSE, FAMILY_SIMCOM_CIP | FAMILY_UBLOX | FAMILY_NETOPEN | FAMILY_QUECTEL,                \
      "unread_after_close", "keep|lose", "keep", "unread data after the peer's close")                       \
    X(RX_BUFFER, FAMILY_SIMCOM_CIP | FAMILY_SIMCOM_CA | FAMILY_ESPRESSIF, "rx_buffer", "#", "2920",          \
      "bytes buffered a link before TCP is held")                                                            \
    X(EXTRA_RXGET_URC, FAMILY_SIMCOM_CIP, "extra_rxget_urc", "#", "0",                                       \
      "'+CIPRXGET: 1,n' before read answers")                                                                \
    X(WRONG_STATE, FAMILY_SIMCOM_CIP | FAMILY_SIMCOM_CA, "wrong_state", "cme3|error", "cme3",                \
      "answer in a wrong state")                                                                             \
    X(CIPSSL, FAMILY_SIMCOM_CIP, "cipssl", "present|absent", "present", "firmware with or without CIPSSL")   \
    X(CALL_READY, FAMILY_SIMCOM_CIP | FAMILY_QUECTEL, "call_ready", "on|off", "on", "Call Ready at boot")    \
    X(SMS_READY, FAMILY_SIMCOM_CIP | FAMILY_QUECTEL, "sms_ready", "on|off", "on", "SMS Ready at boot")       \
    X(CIICR_FAILURE, FAMILY_SIMCOM_CIP, "ciicr_failure", "error|cme148|hang", "error",                       \
      "CIICR without success")                                                                               \
    X(SEND_TIMEOUT_S, FAMILY_SIMCOM_CIP, "send_timeout_s", "#", "645",                                       \
      "SEND OK mode: dead peer noticed after")                                                               \
    X(KEEPS_SETTINGS, FAMILY_SIMCOM_CIP | FAMILY_SIMCOM_CA | FAMILY_NEOWAY, "keeps_settings", "on|off",      \
      "on", "AT&W survives a reboot")                                                                        \
    X(CIPSHUT_MS, FAMILY_SIMCOM_CIP, "cipshut_ms", "#", "0", "time of CIPSHUT")                              \
    X(SAPBR, FAMILY_SIMCOM_CIP, "sapbr", "works|fails|lost", "works",                                        \
      "AT+SAPBR=1,1 works, is an ERROR, or works until CIICR")

#define VARIANT_LIST_CA(X)                                                                                   \
    X(CNSMOD_NAME, FAMILY_SIMCOM_CA | FAMILY_SIMCOM_CIP, "cnsmod_name", "CNSMOD|CNSMODE", "CNSMOD",          \
      "name in the answer of CNSMOD (LTE-M modules)")                                                        \
    X(ATI_SHORT, FAMILY_SIMCOM_CA, "ati_short", "on|off", "off", "ATI says R1951.01 without the model")      \
    X(APP_PDP_INDEX, FAMILY_SIMCOM_CA, "app_pdp_index", "on|off", "on",                                      \
      "+APP PDP: 0,ACTIVE or +APP PDP: ACTIVE")                                                              \
    X(CNACT_FORM, FAMILY_SIMCOM_CA, "cnact_form", "indexed|plain", "indexed",                                \
      "+CNACT: 0,1,address or +CNACT: 1,address")                                                            \
    X(CNACT_FAILURE, FAMILY_SIMCOM_CA, "cnact_failure", "deactive|cme3|error", "deactive",                   \
      "CNACT without success: OK and +APP PDP: DEACTIVE, or refused")                                        \
    X(LOSS_ORDER, FAMILY_SIMCOM_CA, "loss_order", "castate_first|pdp_first", "castate_first",                \
      "bearer lost: which line comes first")                                                                 \
    X(CACID_FIRST, FAMILY_SIMCOM_CA, "cacid_first", "needed|optional", "needed",                             \
      "CASSLCFG without CACID before it is an ERROR, or is not")                                             \
    X(CACFG, FAMILY_SIMCOM_CA, "cacfg", "taken|refused", "taken", "firmware with or without CACFG")          \
    X(CAOPEN_TYPE, FAMILY_SIMCOM_CA, "caopen_type", "refused|taken", "refused",                              \
      "the \"TCP\" that the manual wants in CAOPEN (SIM7000)")                                               \
    X(CAOPEN_RECV_MODE, FAMILY_SIMCOM_CA, "caopen_recv_mode", "refused|taken", "refused",                    \
      "the last argument of CAOPEN in the manual; taken: 0 only")                                            \
    X(CAOPEN_ERROR, FAMILY_SIMCOM_CA, "caopen_error", "#|hang", "27",                                        \
      "result of a CAOPEN that does not connect; hang: it never answers")                                    \
    X(CAOPEN_USED, FAMILY_SIMCOM_CA, "caopen_used", "4|3", "4", "result of CAOPEN on a cid in use")          \
    X(TLS_RESULT, FAMILY_SIMCOM_CA, "tls_result", "#", "1", "result of a handshake that fails")              \
    X(CA_TLS, FAMILY_SIMCOM_CA, "ca_tls", "1.2|1.0|stays|absent", "1.2",                                     \
      "TLS 1.2; 1.0 at most, more is refused or (stays) taken without effect; no TLS")                       \
    X(SSL_KEYS, FAMILY_SIMCOM_CA, "ssl_keys", "any|lower", "any", "small letters only in CSSLCFG, CASSLCFG") \
    X(SNI_FORM, FAMILY_SIMCOM_CA, "sni_form", "any|quoted|bare|absent", "any",                               \
      "the name in CSSLCFG=\"sni\", or a firmware that knows none")                                          \
    X(CTXINDEX_FORM, FAMILY_SIMCOM_CA, "ctxindex_form", "inline|next_line", "inline",                        \
      "values behind +CSSLCFG: or on the next line")                                                         \
    X(DOWNLOAD_OK, FAMILY_SIMCOM_CA, "download_ok", "off|on", "off", "an OK before DOWNLOAD of CFSWFILE")    \
    X(CID_AFTER_FAILURE, FAMILY_SIMCOM_CA, "cid_after_failure", "free|held", "free",                         \
      "a failed CAOPEN leaves the cid free, or it wants CACLOSE")                                            \
    X(CID_AFTER_CLOSE, FAMILY_SIMCOM_CA, "cid_after_close", "held|free", "held",                             \
      "the peer's close: the cid wants CACLOSE, or is free")                                                 \
    X(CASEND_LINE, FAMILY_SIMCOM_CA, "casend_line", "on|off", "off",                                         \
      "+CASEND: 0,0,32 behind the OK of a send")                                                             \
    X(CADATAIND, FAMILY_SIMCOM_CA, "cadataind", "new|rest", "new",                                           \
      "after a read +CADATAIND comes with new data only, or at once if some are left")                       \
    X(CARECV_FORM, FAMILY_SIMCOM_CA, "carecv_form", "length|manual|note", "length",                          \
      "+CARECV: 5,data, +CARECV: 0,5 and data on the next line, or +CARECV: 0,data")                         \
    X(CA_UNREAD, FAMILY_SIMCOM_CA, "ca_unread", "fragment|keep|lose", "fragment",                            \
      "unread data after the peer's close: one read more, all, none")                                        \
    X(FRAGILE, FAMILY_SIMCOM_CA, "fragile", "on|off", "off",                                                 \
      "hangs: CARECV? with nothing open, CARECV of more than there is (SIM7000), CASEND over 1360 (others)")

#define VARIANT_LIST_AI(X)                                                                                   \
    X(READY_BEFORE_CREG, FAMILY_AI_THINKER, "ready_before_creg", "random|on|off", "off",                     \
      "order of READY and +CREG at boot")                                                                    \
    X(CIEV, FAMILY_AI_THINKER, "ciev", "on|off", "on", "+CIEV lines at boot")                                \
    X(CLOSE_URC, FAMILY_AI_THINKER, "close_urc", "tcpclosed|closed|bare|number_first", "tcpclosed",          \
      "remote close: +TCPCLOSED:0, CLOSED:0, CLOSED or 0,CLOSED")                                            \
    X(CIPRCV_FORM, FAMILY_AI_THINKER, "ciprcv_form", "colon|comma", "colon",                                 \
      "received data: +CIPRCV:0,5,data or +CIPRCV,0,5:data")                                                 \
    X(CIPRCV_SINGLE, FAMILY_AI_THINKER, "ciprcv_single_form", "same|colon|comma", "same",                    \
      "the same with CIPMUX=0")                                                                              \
    X(CLOSE_EXTRA_OK, FAMILY_AI_THINKER, "close_extra_ok", "on|off", "off",                                  \
      "a stray OK behind the close line")                                                                    \
    X(KEEPS_IPR, FAMILY_AI_THINKER | FAMILY_SIMCOM_CIP, "keeps_ipr", "on|off", "off",                        \
      "AT+IPR survives a reboot")                                                                            \
    X(KEEPS_MUX, FAMILY_AI_THINKER, "keeps_mux", "on|off", "off", "AT+CIPMUX survives a reboot")             \
    X(KEEPS_CMEE, FAMILY_AI_THINKER, "keeps_cmee", "on|off", "off", "AT+CMEE survives a reboot")             \
    X(PIN_TEXT, FAMILY_AI_THINKER, "pin_text", "none|+CPIN:SIM PIN|+CPIN: SIM PIN|SIM PIN", "none",          \
      "line at boot when the PIN is wanted")                                                                 \
    X(CIPSHUT_ARGUMENT, FAMILY_AI_THINKER, "cipshut_argument", "refused|accepted|required", "refused",       \
      "AT+CIPSHUT=0 in multiplexed mode")                                                                    \
    X(CIPRCV_CRLF, FAMILY_AI_THINKER, "ciprcv_trailing_crlf", "on|off", "off", "CRLF behind received data")  \
    X(GLUE_URCS, FAMILY_AI_THINKER, "glue_urcs", "on|off", "off", "no CRLF before +CIPRCV")                  \
    X(CONNECT_OK_FIRST, FAMILY_AI_THINKER, "connect_ok_before_ok", "on|off", "on", "CONNECT OK, then OK")    \
    X(CIPNUM_ON_FAILURE, FAMILY_AI_THINKER, "cipnum_on_failure", "on|off", "off",                            \
      "+CIPNUM before a failure")                                                                            \
    X(OPEN_FAILURE, FAMILY_AI_THINKER, "open_failure",                                                       \
      "no_response|connect_fail|state_connect_fail|cme50|cme53|error|hang", "no_response",                   \
      "connect refused or not answered")                                                                     \
    X(DNS_FAILURE, FAMILY_AI_THINKER, "dns_failure", "cme53|cme50|connect_fail|no_response|error", "cme53",  \
      "CIPSTART with a name that does not resolve")                                                          \
    X(DNS_ERROR, FAMILY_AI_THINKER, "dns_error", "error|cdnsgip", "error", "CDNSGIP without success")        \
    X(NO_BEARER, FAMILY_AI_THINKER, "no_bearer", "cme53|cme50|error", "cme53", "CIPSTART without a bearer")  \
    X(NO_RESPONSE_S, FAMILY_AI_THINKER, "noresponse_after_s", "#", "30", "COMMAND NO RESPONSE! after")       \
    X(LATE_CONNECT_MS, FAMILY_AI_THINKER, "late_connect_ok_ms", "#", "0",                                    \
      "COMMAND NO RESPONSE!, and CONNECT OK so much later; 0: off")                                          \
    X(MUX_SUPPORTED, FAMILY_AI_THINKER, "mux_supported", "on|error|cme53", "on",                             \
      "CIPMUX works, or how it fails")                                                                       \
    X(MAX_LINKS, FAMILY_AI_THINKER, "max_links", "#", "4", "links of the eight that may be open")            \
    X(TOO_MANY_LINKS, FAMILY_AI_THINKER, "too_many_links", "error|cme50|cme53", "error",                     \
      "one link too many")                                                                                   \
    X(CSTT_POISON, FAMILY_AI_THINKER, "cstt_poison", "on|off", "off",                                        \
      "after CSTT only numeric addresses connect, and nothing is sent")                                      \
    X(CGACT_FIRST_FAIL, FAMILY_AI_THINKER, "cgact_first_fail", "on|off", "off",                              \
      "first CGACT fails with 148")                                                                          \
    X(APN_FAILURE, FAMILY_AI_THINKER, "apn_failure", "cme148|cme133|no_response", "cme148", "wrong APN")     \
    X(ATTACH_DENIED, FAMILY_AI_THINKER, "attach_denied", "no_response|cme30|cme148", "no_response",          \
      "CGATT=1 without registration")                                                                        \
    X(CGATT_LINE, FAMILY_AI_THINKER, "cgatt_line", "none|ctzv|cgatt", "none",                                \
      "line before the OK of CGATT=1")                                                                       \
    X(CIPSHUT_IDLE, FAMILY_AI_THINKER, "cipshut_idle", "cme50|no_response|ok", "cme50",                      \
      "CIPSHUT when all is down")                                                                            \
    X(CIPSHUT_REPLY, FAMILY_AI_THINKER, "cipshut_reply", "ok|shut_ok", "ok", "CIPSHUT done")                 \
    X(CIPCLOSE_REPLY, FAMILY_AI_THINKER, "cipclose_reply", "ok|close_ok|closed", "ok", "CIPCLOSE done")      \
    X(CIPCLOSE_IDLE, FAMILY_AI_THINKER, "cipclose_idle", "cme50|error", "cme50",                             \
      "CIPCLOSE of a closed link")                                                                           \
    X(STATUS_STYLE, FAMILY_AI_THINKER, "status_style", "rows|a9rows|ipstatus_old|state", "rows",             \
      "answer of CIPSTATUS")                                                                                 \
    X(STATUS_BLANK, FAMILY_AI_THINKER, "status_blank_lines", "on|off", "off", "empty lines around the rows") \
    X(SEND_ACK, FAMILY_AI_THINKER, "send_ack", "ok|send_ok", "ok", "acknowledgement of a send")              \
    X(SMALL_SENDS, FAMILY_AI_THINKER, "drop_ack_after_n_small_sends", "#", "0",                              \
      "a burst of so many sends up to 13 bytes kills the link; 0: off")                                      \
    X(CIFSR_FORM, FAMILY_AI_THINKER, "cifsr_form", "bare|prefix", "bare", "10.8.18.69 or +CIFSR:10.8.18.69") \
    X(CCID_FORM, FAMILY_AI_THINKER, "ccid_form", "scid|ccid|ccid_tight", "scid",                             \
      "+SCID: SIM Card ID: or +CCID:")                                                                       \
    X(CPIN_SUPPORTED, FAMILY_AI_THINKER, "cpin_supported", "on|off", "on", "firmware knows AT+CPIN")         \
    X(NO_SIM_TEXT, FAMILY_AI_THINKER, "no_sim_text", "NO SIM CARD|NO Simcard|SIM not inserted|none", "none", \
      "line at boot without a card")                                                                         \
    X(RST_OK, FAMILY_AI_THINKER, "rst_ok", "on|off", "on", "AT+RST=1 still says OK")                         \
    X(CFUN1_REBOOTS, FAMILY_AI_THINKER, "cfun1_reboots", "on|off", "off", "AT+CFUN=1 reboots")               \
    X(PWR_TIED, FAMILY_AI_THINKER, "pwr_tied", "on|off", "off",                                              \
      "power key tied: switched off, it comes back")                                                         \
    X(PDP_DROP_URC, FAMILY_AI_THINKER | FAMILY_NEOWAY | FAMILY_ESPRESSIF, "pdp_drop_urc", "on|off", "on",    \
      "close lines when the bearer is lost")

#define VARIANT_LIST_AI_MORE(X)                                                                              \
    X(CLOSE_CONNECTING, FAMILY_AI_THINKER, "cipclose_connecting", "ok|error", "ok",                          \
      "CIPCLOSE=n of a row that still connects; error: only a bare CIPCLOSE or CIPSHUT frees it")            \
    X(ALREADY, FAMILY_AI_THINKER, "already_connect", "ALREADY CONNECT|ALREAY CONNECT", "ALREADY CONNECT",    \
      "second CIPSTART in single mode")                                                                      \
    X(WRONG_PIN, FAMILY_AI_THINKER, "wrong_pin", "cme16|cme264|cme268", "cme16", "answer to a wrong PIN")    \
    X(DNS_IN_CIPSTART, FAMILY_AI_THINKER, "dns_in_cipstart", "on|off", "on",                                 \
      "CIPSTART resolves names; CDNSGIP does in any case")                                                   \
    X(CME53_STICKS, FAMILY_AI_THINKER, "cme53_sticks", "on|off", "off",                                      \
      "a CIPSTART that ends in 53 leaves the stack in IP START")                                             \
    X(APN_WEDGES, FAMILY_AI_THINKER, "apn_change_wedges", "on|off", "off",                                   \
      "another APN while the bearer is up: CIPSTART answers no more until a reboot")                         \
    X(STN, FAMILY_AI_THINKER, "stn", "on|off", "off", "SIM toolkit lines at boot")                           \
    X(CPBW_REBOOTS, FAMILY_AI_THINKER, "cpbw_reboots", "on|off", "on", "AT+CPBW= without an index reboots")

#define VARIANT_LIST_NEOWAY(X)                                                                               \
    X(CREG_SWAP, FAMILY_NEOWAY, "creg_swap", "on|off", "off", "+CREG: 2 is refused and 3 is searching")      \
    X(NEED_CR, FAMILY_NEOWAY, "need_cr", "on|off", "on", "payload must be followed by an uncounted 0x0D")    \
    X(XIIC_FORM, FAMILY_NEOWAY, "xiic_form", "state|bare", "state",                                          \
      "+XIIC:    1, 10.8.18.69 or +XIIC: 10.8.18.69")                                                        \
    X(XGAUTH_EMPTY, FAMILY_NEOWAY, "xgauth_empty", "error|ok", "error",                                      \
      "XGAUTH with empty user or password")                                                                  \
    X(STATUS_OK, FAMILY_NEOWAY, "ipstatus_ok", "on|off", "off", "OK behind +IPSTATUS")                       \
    X(CLOSE_OK, FAMILY_NEOWAY, "tcpclose_ok", "on|off", "off", "OK behind +TCPCLOSE:0,OK")                   \
    X(CLOSE_IDLE, FAMILY_NEOWAY, "tcpclose_idle", "error|ok", "error", "TCPCLOSE of a closed link")          \
    X(FAIL_NUMBER, FAMILY_NEOWAY, "setup_fail_number", "own|zero", "own", "link number in +TCPSETUP:0,FAIL") \
    X(NO_BEARER_SETUP, FAMILY_NEOWAY, "setup_without_bearer", "error|fail", "error",                         \
      "TCPSETUP before XIIC: ERROR, or OK and FAIL")                                                         \
    X(RECV_FORM, FAMILY_NEOWAY, "tcprecv_form", "plain|server", "plain", "+TCPRECV: or +TCPRECV(S):")        \
    X(CSQ_PLUS, FAMILY_NEOWAY, "csq_plus", "on|off", "on", "+CSQ: 23,0 or CSQ:23,0")                         \
    X(CLOSE_STORM, FAMILY_NEOWAY, "close_repeats", "#", "1", "the line of a remote close is said so often")  \
    X(CFUN4_TWICE, FAMILY_NEOWAY, "cfun4_two_oks", "on|off", "on", "AT+CFUN=4 is answered with two OKs")     \
    X(XISP, FAMILY_NEOWAY, "xisp", "0|1", "1", "stack after boot: 0 internal, 1 external")

#define VARIANT_LIST_ESP(X)                                                                                  \
    X(ESP_AT, FAMILY_ESPRESSIF, "esp_at", "1|2", "1", "firmware: Non-OS AT 1.7 or ESP-AT 2.2")               \
    X(WIFI, FAMILY_ESPRESSIF, "wifi", "ok|timeout|wrong_password|no_ap|failed", "ok", "how AT+CWJAP ends")   \
    X(WIFI_STORED, FAMILY_ESPRESSIF, "wifi_stored", "on|off", "off",                                         \
      "the access point is known from earlier and joined at boot")                                           \
    X(WIFI_RECONNECT, FAMILY_ESPRESSIF, "wifi_reconnect", "on|off", "on",                                    \
      "joins again by itself after a loss")                                                                  \
    X(ESP_OPEN_FAILURE, FAMILY_ESPRESSIF, "esp_open_failure",                                                \
      "error_closed|error|connect_fail|connect_fail_error", "error_closed", "CIPSTART without success")      \
    X(DNS_FAIL_CLOSED, FAMILY_ESPRESSIF, "dns_fail_closed", "on|off", "on",                                  \
      "0,CLOSED behind the ERROR of DNS Fail")                                                               \
    X(LINK_TYPE, FAMILY_ESPRESSIF, "link_type_error", "error|line|both", "error",                            \
      "CIPSTART written for the other CIPMUX: ERROR, Link type ERROR, or both")                              \
    X(NO_LINK, FAMILY_ESPRESSIF, "no_link_text", "on|off", "on",                                             \
      "AT 1: 'link is not valid' before the ERROR")                                                          \
    X(CLOSE_NONE, FAMILY_ESPRESSIF, "close_none", "error|link_is_not|unlink", "error",                       \
      "CIPCLOSE with nothing open")                                                                          \
    X(ESP_STATUS, FAMILY_ESPRESSIF, "esp_status", "both|cipstatus|cipstate", "both",                         \
      "ESP-AT knows AT+CIPSTATUS and AT+CIPSTATE?, or one of them (before 2.2 the first)")                   \
    X(RECV_MODE, FAMILY_ESPRESSIF, "recv_mode", "present|absent", "present",                                 \
      "firmware with or without CIPRECVMODE")                                                                \
    X(RECVDATA_FORM, FAMILY_ESPRESSIF, "recvdata_form", "auto|comma|colon", "auto",                          \
      "+CIPRECVDATA,5: or +CIPRECVDATA:5,; auto: as esp_at")                                                 \
    X(RECVLEN_FORM, FAMILY_ESPRESSIF, "recvlen_form", "auto|zero|empty|minus", "auto",                       \
      "+CIPRECVLEN of links that are not open")                                                              \
    X(CWMODE_SAME, FAMILY_ESPRESSIF, "cwmode_no_change", "on|off", "off",                                    \
      "CWMODE to what it is already says 'no change'")                                                       \
    X(ESP_PROMPT, FAMILY_ESPRESSIF, "esp_prompt", "auto|blank|bare|line", "auto",                            \
      "behind the OK: '> ', '>', or CRLF and '>'; auto: as esp_at")                                          \
    X(SEND_OK_MS, FAMILY_ESPRESSIF, "send_ok_ms", "#", "0", "from 'Recv 32 bytes' to SEND OK")               \
    X(MAC, FAMILY_ESPRESSIF, "mac", "*", "18:fe:34:a1:b2:c3", "MAC address")

#define VARIANT_LIST_NETOPEN(X)                                                                              \
    X(NETOPEN, FAMILY_NETOPEN, "netopen", "works|error|needs_cgact", "works",                                \
      "AT+NETOPEN: works, is an ERROR for ever, or until AT+CGACT=1,1")                                      \
    X(NETOPEN_FAILURE, FAMILY_NETOPEN, "netopen_failure", "late|error", "late",                              \
      "NETOPEN without success: OK and +NETOPEN: 1, or ERROR")                                               \
    X(REOPENS_MS, FAMILY_NETOPEN, "reopens_ms", "#", "0",                                                    \
      "so long after a lost bearer it comes back with +NETOPEN: 0; 0: never")                                \
    X(OLD_STACK, FAMILY_NETOPEN, "old_stack", "on|off", "off",                                               \
      "numeric IP errors, NETOPEN=,,1, no CIPTIMEOUT or CIPSENDMODE, no names in CIPOPEN")                   \
    X(RESULT_FIRST, FAMILY_NETOPEN, "result_first", "on|off", "off",                                         \
      "+CIPOPEN: 0,0 comes before its OK, as do those of CCH")                                               \
    X(REFUSED_ERROR, FAMILY_NETOPEN, "refused_error", "#", "1", "number of a refused CIPOPEN")               \
    X(TIMEOUT_ERROR, FAMILY_NETOPEN, "timeout_error", "#", "10", "number of a CIPOPEN nobody answers")       \
    X(IMS, FAMILY_NETOPEN, "ims", "absent|present|steals", "present",                                        \
      "context 2 for ims; steals: until it is deleted no connection is answered")                            \
    X(DATAECHO, FAMILY_NETOPEN, "dataecho", "on|off|absent", "absent",                                       \
      "CIPCFG DATAECHO after boot, which echoes payload")                                                    \
    X(DATAECHO_ATE0, FAMILY_NETOPEN, "dataecho_ate0", "on|off", "off", "ATE0 stops that echo as well")       \
    X(SEND_FAILURE, FAMILY_NETOPEN, "send_failure", "gone|zero|short", "gone",                               \
      "fault send-fail confirms -1, 0 or half of the bytes")                                                 \
    X(IPCLOSE_COLON, FAMILY_NETOPEN, "ipclose_colon", "on|off", "on", "+IPCLOSE: 0,1 or +IPCLOSE 0,1")       \
    X(CDNSGIP_TWO, FAMILY_NETOPEN, "cdnsgip_two", "on|off", "off", "CDNSGIP lists a second address")         \
    X(CGAUTH_ORDER, FAMILY_NETOPEN, "cgauth_order", "password_first|user_first", "password_first",           \
      "AT+CGAUTH=1,1,... takes; AT+CGAUTH? prints the user first")                                           \
    X(CCH_TLS, FAMILY_NETOPEN, "cch_tls", "works|fails", "works", "handshakes of CCHOPEN")                   \
    X(CCH_NAME, FAMILY_NETOPEN, "cch_name", "unchecked|checked", "unchecked",                                \
      "authmode 1: the certificate's name")                                                                  \
    X(CCH_P384, FAMILY_NETOPEN, "cch_p384", "on|off", "on", "off: no certificates with keys on secp384r1")   \
    X(CCH_SNI, FAMILY_NETOPEN, "cch_sni", "on|absent", "on", "CSSLCFG knows enableSNI")                      \
    X(CERTDOWN_AGAIN, FAMILY_NETOPEN, "certdown_again", "replaced|refused", "replaced",                      \
      "CCERTDOWN of a file that is there")                                                                   \
    X(CERTLIST, FAMILY_NETOPEN, "certlist", "lines|line|absent", "lines",                                    \
      "CCERTLIST: a line for each file, one for all, or unknown")                                            \
    X(SMS_DONE, FAMILY_NETOPEN, "sms_done", "on|off", "on", "SMS DONE at boot")

#define VARIANT_LIST_UBLOX(X)                                                                                \
    X(ATTACH_CONTEXT, FAMILY_UBLOX, "attach_context", "on|off", "on",                                        \
      "context 1 comes up with the registration, before AT+CGACT")                                           \
    X(CREG_ON_LTE, FAMILY_UBLOX, "creg_on_lte", "same|searching", "same",                                    \
      "+CREG follows +CEREG, or searches for ever")                                                          \
    X(CGPADDR_FORM, FAMILY_UBLOX, "cgpaddr_form", "bare|quoted", "bare", "+CGPADDR: 1,10.170.1.2")           \
    X(CGPADDR_IDLE, FAMILY_UBLOX, "cgpaddr_idle", "zero|empty|absent|none", "zero",                          \
      "+CGPADDR without a context: 0.0.0.0, an empty string, no address, no line")                           \
    X(CGACT_FAILURE, FAMILY_UBLOX, "cgact_failure", "error|cme148", "error", "CGACT=1,1 without success")    \
    X(UPSDA_FAILURE, FAMILY_UBLOX, "upsda_failure", "urc|error", "urc",                                      \
      "UPSDA=0,3 without success: OK and +UUPSDA: 1, or ERROR")                                              \
    X(SOCKET_FAILURE, FAMILY_UBLOX, "socket_failure", "error|cme3", "error", "USOCO, USOWR without success") \
    X(SOCKET_ASYNC, FAMILY_UBLOX, "socket_async", "present|absent", "present",                               \
      "firmware with or without the asynchronous USOCO and USOCL")                                           \
    X(WEAK_SIGNAL_LOCK, FAMILY_UBLOX, "weak_signal_lock", "on|off", "off",                                   \
      "a USOCO that waits locks the modem up when CSQ is below 6 (R410M before 05.08)")                      \
    X(USOCL_MS, FAMILY_UBLOX, "usocl_ms", "#", "0", "time of a USOCL that waits")                            \
    X(USOCL_LOCK_MS, FAMILY_UBLOX, "usocl_lock_ms", "#", "150000",                                           \
      "an asynchronous USOCL of a closed socket locks the modem so long; 0: it is refused")                  \
    X(UUSORD, FAMILY_UBLOX, "uusord", "rest|once|each", "rest",                                              \
      "+UUSORD when the buffer was empty and after a read that leaves bytes, without the latter, or always") \
    X(USORD_EMPTY, FAMILY_UBLOX, "usord_empty", "zero|quotes|bare", "zero",                                  \
      "nothing to read: +USORD: 0,0 or 0,0,\"\" or 0,\"\"")                                                  \
    X(CLOSE_IN_PROMPT, FAMILY_UBLOX, "close_in_prompt", "error|wait", "error",                               \
      "the peer closes at '@': ERROR at once, or when the bytes are there")                                  \
    X(PROMPT_WAIT_MS, FAMILY_UBLOX, "prompt_wait_ms", "#", "0",                                              \
      "bytes that come sooner behind the prompt are lost (the sheet asks for 50)")

#define VARIANT_LIST(X)                                                                                      \
    VARIANT_LIST_COMMON(X)                                                                                   \
    VARIANT_LIST_CIP(X)                                                                                      \
    VARIANT_LIST_CA(X)                                                                                       \
    VARIANT_LIST_AI(X)                                                                                       \
    VARIANT_LIST_AI_MORE(X)                                                                                  \
    VARIANT_LIST_NEOWAY(X)                                                                                   \
    VARIANT_LIST_ESP(X)                                                                                      \
    VARIANT_LIST_NETOPEN(X)                                                                                  \
    VARIANT_LIST_QUECTEL(X)                                                                                  \
    VARIANT_LIST_QUECTEL_GSM(X)                                                                              \
    VARIANT_LIST_QUECTEL_LTE(X)                                                                              \
    VARIANT_LIST_UBLOX(X)

#endif
