/* Each variant that changes what is said, against what it must make of it. */
#include "harness.h"

#define UP_AI "ATE0\r", "ATE0\r\r\nOK\r\n", "AT+CGATT=1;+CGACT=1,1;+CIPMUX=1\r", "\r\nOK\r\n"
#define START "AT+CIPSTART=\"TCP\",\"blynk.cloud\",80\r"
#define UP_CIP                                                                                               \
    "ATE0\r", "ATE0\r\r\nOK\r\n",                                                                            \
        "AT+CMEE=1;+CIPMUX=1;+CIPQSEND=1;+CIPRXGET=1;+CSTT=\"a\";+CIICR;+CIFSR;E0\r",                        \
        "\r\n10.177.109.126\r\n\r\nOK\r\n"
#define START_0 "AT+CIPSTART=0,\"TCP\",\"blynk.cloud\",80\r"
#define ROWS_REST                                                                                            \
    "\r\n1,IP INITIAL\r\n2,IP INITIAL\r\n3,IP INITIAL\r\n4,IP INITIAL\r\n5,IP INITIAL\r\n6,IP INITIAL\r\n"   \
    "7,IP INITIAL"

/* Command and answer in turn; a command that begins with '=' goes to the control socket, "+" accepts, "x" closes
 * the server's side, "<text" is sent by the server. */
struct story {
    const char *name, *profile, *variants;
    const char *line[24];
};

static const struct story stories[] = {
    {"cme without and with space",
     "a9",
     "cme_space=off",
     {"AT+CIPSHUT\r", "AT+CIPSHUT\r\r\n+CME ERROR:50\r\n"}},
    {"cpin_space", "a7", "cpin_space=on", {"AT+CPIN?\r", "AT+CPIN?\r\r\n+CPIN: READY\r\n\r\nOK\r\n"}},
    {"cpin not in the firmware",
     "a9",
     "cpin_supported=off",
     {"AT+CPIN?\r", "AT+CPIN?\r\r\n+CME ERROR: 58\r\n"}},
    {"double_crlf", "a9", "double_crlf=on", {"AT\r", "AT\r\r\nOK\r\n\r\n"}},
    {"echo off from the start", "a9", "echo=off", {"AT\r", "\r\nOK\r\n"}},
    {"unknown: invalid line",
     "a7",
     "unknown_command=invalid_line",
     {"AT+X\r", "AT+X\r\r\nINVALID COMMAND LINE\r\n"}},
    {"unknown: not support", "a7", "unknown_command=not_support", {"AT+X\r", "AT+X\r\r\nNOT SUPPORT\r\n"}},
    {"ccid_form",
     "a7",
     "ccid_form=scid iccid=898602#4221620070426",
     {"AT+CCID\r", "AT+CCID\r\r\n+SCID: SIM Card ID: 898602#4221620070426\r\n\r\nOK\r\n"}},
    {"firmware",
     "a9",
     "firmware=V01.06.20171120RC",
     {"AT+CGMR\r", "AT+CGMR\r\r\nV01.06.20171120RC\r\n\r\nOK\r\n"}},
    {"clock and zone",
     "a9",
     "clock=17/12/17,13:47:44 zone=+08",
     {"AT+CCLK?\r", "AT+CCLK?\r\r\n+CCLK: \"17/12/17,13:47:44+08\"\r\n\r\nOK\r\n"}},
    {"roaming", "a9", "roaming=on", {"AT+CREG?\r", "AT+CREG?\r\r\n+CREG: 1,5\r\n\r\nOK\r\n"}},
    {"cipshut_idle ok", "a9", "cipshut_idle=ok", {"AT+CIPSHUT\r", "AT+CIPSHUT\r\r\nOK\r\n"}},
    {"cipshut_idle no_response",
     "a9",
     "cipshut_idle=no_response noresponse_after_s=1",
     {"AT+CIPSHUT\r", "AT+CIPSHUT\r\r\nCOMMAND NO RESPONSE!\r\n"}},
    {"cipshut_reply",
     "a9",
     "cgatt_line=none cipshut_reply=shut_ok",
     {UP_AI, "AT+CIPSHUT\r", "\r\nSHUT OK\r\n"}},
    {"cifsr_form",
     "a9",
     "cgatt_line=none cifsr_form=prefix local_ip=10.1.2.3",
     {UP_AI, "AT+CIFSR\r", "\r\n+CIFSR:10.1.2.3\r\n\r\nOK\r\n"}},
    {"mux not supported", "a9", "mux_supported=error", {"AT+CIPMUX=1\r", "AT+CIPMUX=1\r\r\nERROR\r\n"}},
    {"mux refused", "a7", "mux_supported=cme53", {"AT+CIPMUX=1\r", "AT+CIPMUX=1\r\r\n+CME ERROR:53\r\n"}},
    {"cgatt_line", "a7", "cgatt_line=none", {"AT+CGATT=1\r", "AT+CGATT=1\r\r\nOK\r\n"}},
    {"cgact_first_fail",
     "a9",
     "cgatt_line=none cgact_first_fail=on",
     {"AT+CGATT=1;+CGACT=1,1\r", "AT+CGATT=1;+CGACT=1,1\r\r\n+CME ERROR: 148\r\n", "ATE0+CGACT=1,1\r",
      "ATE0+CGACT=1,1\r\r\nOK\r\n"}},
    {"attach_denied",
     "a9",
     "attach_denied=cme30",
     {"ATE0\r", "ATE0\r\r\nOK\r\n", "=fault deny-registration", "\r\n+CREG: 3\r\n", "AT+CGATT=1\r",
      "\r\n+CME ERROR: 30\r\n"}},
    {"connect_ok_before_ok",
     "a9",
     "cgatt_line=none connect_ok_before_ok=off",
     {UP_AI, START, "\r\n+CIPNUM:0\r\n\r\nOK\r\n\r\nCONNECT OK\r\n"}},
    {"no_bearer", "a9", "no_bearer=cme50", {"ATE0\r", "ATE0\r\r\nOK\r\n", START, "\r\n+CME ERROR: 50\r\n"}},
    {"open_failure connect_fail",
     "a9",
     "cgatt_line=none open_failure=connect_fail",
     {UP_AI, "=fault connect-fail", "", START, "\r\nCONNECT FAIL\r\n"}},
    {"open_failure with state",
     "a9",
     "cgatt_line=none open_failure=state_connect_fail",
     {UP_AI, "=fault connect-fail", "", START, "\r\nSTATE:IP CLOSE\r\n\r\nCONNECT FAIL\r\n"}},
    {"open_failure cme50",
     "a9",
     "cgatt_line=none open_failure=cme50",
     {UP_AI, "=fault connect-fail", "", START, "\r\n+CME ERROR: 50\r\n"}},
    {"open_failure cme53",
     "a7",
     "cgatt_line=none open_failure=cme53",
     {UP_AI, "=fault connect-fail", "", START, "\r\n+CME ERROR:53\r\n"}},
    {"open_failure error, with number",
     "a9",
     "cgatt_line=none open_failure=error cipnum_on_failure=on",
     {UP_AI, "=fault connect-fail", "", START, "\r\n+CIPNUM:0\r\n\r\nERROR\r\n"}},
    {"open_failure no_response, with number",
     "a9",
     "cgatt_line=none cipnum_on_failure=on noresponse_after_s=1",
     {UP_AI, "=fault connect-fail", "", START, "\r\n+CIPNUM:0\r\n\r\nCOMMAND NO RESPONSE!\r\n"}},
    {"dns_failure",
     "a9",
     "cgatt_line=none dns_failure=connect_fail",
     {UP_AI, "=fault no-dns", "", START, "\r\nCONNECT FAIL\r\n"}},
    {"dns fail", "a9", "cgatt_line=none dns=fail", {UP_AI, START, "\r\n+CME ERROR: 53\r\n"}},
    {"dns timeout",
     "a9",
     "cgatt_line=none dns=timeout noresponse_after_s=1",
     {UP_AI, START, "\r\nCOMMAND NO RESPONSE!\r\n"}},
    {"dns wrong",
     "a9",
     "cgatt_line=none dns=wrong",
     {UP_AI, "AT+CDNSGIP=\"blynk.cloud\"\r",
      "\r\n+CDNSGIP: 1,\"blynk.cloud\",\"203.0.113.1\"\r\n\r\nOK\r\n"}},
    {"dns_error",
     "a9",
     "cgatt_line=none dns_error=error",
     {UP_AI, "AT+CDNSGIP=\"no.such.host\"\r", "\r\nERROR\r\n"}},
    {"late CONNECT OK",
     "a7",
     "cgatt_line=none noresponse_after_s=1 late_connect_ok_ms=200",
     {UP_AI, START, "\r\nCOMMAND NO RESPONSE!\r\n\r\nCONNECT OK\r\n", "AT+CIPCLOSE=0\r", "\r\nOK\r\n"}},
    {"cstt_poison",
     "a7",
     "cgatt_line=none cstt_poison=on",
     {"ATE0\r", "ATE0\r\r\nOK\r\n", "AT+CSTT=\"a\";+CGATT=1;+CGACT=1,1;+CIPMUX=1\r", "\r\nOK\r\n", START,
      "\r\n+CME ERROR:53\r\n"}},
    {"max_links",
     "a9",
     "cgatt_line=none max_links=1 too_many_links=cme50",
     {UP_AI, START, "\r\n+CIPNUM:0\r\n\r\nCONNECT OK\r\n\r\nOK\r\n", START, "\r\n+CME ERROR: 50\r\n"}},
    {"close_urc tcpclosed",
     "a9",
     "cgatt_line=none close_urc=tcpclosed",
     {UP_AI, START, "\r\n+CIPNUM:0\r\n\r\nCONNECT OK\r\n\r\nOK\r\n", "+", "", "x", "\r\n+TCPCLOSED:0\r\n"}},
    {"close_urc bare",
     "a9",
     "cgatt_line=none close_urc=bare",
     {UP_AI, START, "\r\n+CIPNUM:0\r\n\r\nCONNECT OK\r\n\r\nOK\r\n", "+", "", "x", "\r\nCLOSED\r\n"}},
    {"ciprcv_form and CRLF",
     "a9",
     "cgatt_line=none ciprcv_form=colon ciprcv_trailing_crlf=off",
     {UP_AI, START, "\r\n+CIPNUM:0\r\n\r\nCONNECT OK\r\n\r\nOK\r\n", "+", "", "<hello",
      "\r\n+CIPRCV:0,5,hello"}},
    {"glue_urcs",
     "a7",
     "cgatt_line=none glue_urcs=on chunk_max=3",
     {UP_AI, START, "\r\n+CIPNUM:0\r\n\r\nCONNECT OK\r\n\r\nOK\r\n", "+", "", "<hello",
      "+CIPRCV:0,3,hel+CIPRCV:0,2,lo"}},
    {"a9 single form",
     "a9",
     "cgatt_line=none",
     {"ATE0\r", "ATE0\r\r\nOK\r\n", "AT+CGATT=1;+CGACT=1,1\r", "\r\nOK\r\n", START,
      "\r\nCONNECT OK\r\n\r\nOK\r\n", "+", "", "<hello", "\r\n+CIPRCV,5:hello\r\n"}},
    {"cipclose_reply close_ok",
     "a9",
     "cgatt_line=none cipclose_reply=close_ok",
     {UP_AI, START, "\r\n+CIPNUM:0\r\n\r\nCONNECT OK\r\n\r\nOK\r\n", "AT+CIPCLOSE=0\r", "\r\nCLOSE OK\r\n"}},
    {"cipclose_reply closed",
     "a9",
     "cgatt_line=none cipclose_reply=closed",
     {UP_AI, START, "\r\n+CIPNUM:0\r\n\r\nCONNECT OK\r\n\r\nOK\r\n", "AT+CIPCLOSE=0\r",
      "\r\nCLOSED\r\n\r\nOK\r\n"}},
    {"cipclose_idle",
     "a9",
     "cgatt_line=none cipclose_idle=error",
     {UP_AI, "AT+CIPCLOSE=0\r", "\r\nERROR\r\n"}},
    {"status a9rows",
     "a7",
     "cgatt_line=none status_style=a9rows",
     {UP_AI, "AT+CIPSTATUS\r", "\r\n+CIPSTATUS:\r\n0,IP GPRSACT" ROWS_REST "\r\n\r\nOK\r\n"}},
    {"status rows",
     "a9",
     "cgatt_line=none status_style=rows",
     {UP_AI, "AT+CIPSTATUS\r", "\r\n+CIPSTATUS:0,IP GPRSACT" ROWS_REST "\r\n\r\nOK\r\n"}},
    {"status ipstatus_old",
     "a7",
     "status_style=ipstatus_old",
     {"AT+CIPSTATUS\r", "AT+CIPSTATUS\r\r\n+IPSTATUS: IP INITIAL\r\n\r\nOK\r\n"}},
    {"status state",
     "a7",
     "status_style=state",
     {"AT+CIPSTATUS\r", "AT+CIPSTATUS\r\r\nSTATE:IP INITIAL\r\n\r\nOK\r\n"}},
    {"status_blank_lines",
     "a7",
     "cgatt_line=none status_blank_lines=on",
     {UP_AI, "AT+CIPSTATUS\r", "\r\n\r\n+CIPSTATUS:0,IP GPRSACT" ROWS_REST "\r\n\r\n\r\nOK\r\n"}},
    {"send_ack and prompt_space",
     "a9",
     "cgatt_line=none send_ack=send_ok prompt_space=on",
     {UP_AI, START, "\r\n+CIPNUM:0\r\n\r\nCONNECT OK\r\n\r\nOK\r\n", "AT+CIPSEND=0,2\r", "\r\n> ", "hi",
      "\r\nSEND OK\r\n"}},
    {"drop_ack_after_n_small_sends",
     "a7",
     "cgatt_line=none drop_ack_after_n_small_sends=1",
     {UP_AI, START, "\r\n+CIPNUM:0\r\n\r\nCONNECT OK\r\n\r\nOK\r\n", "AT+CIPSEND=0,2\r", "\r\n> ", "hi",
      "\r\nOK\r\n", "AT+CIPSEND=0,2\r", "\r\n> ", "ho", "\r\n+TCPCLOSED:0\r\n"}},
    {"esc_cancels first",
     "a9",
     "cgatt_line=none esc_cancels=first",
     {UP_AI, START, "\r\n+CIPNUM:0\r\n\r\nCONNECT OK\r\n\r\nOK\r\n", "AT+CIPSEND=0,2\r", "\r\n>", "\033",
      "\r\nERROR\r\n"}},
    {"payload_echo off",
     "a9",
     "cgatt_line=none payload_echo=off",
     {UP_AI, "ATE1\r", "\r\nOK\r\n", START, START "\r\n+CIPNUM:0\r\n\r\nCONNECT OK\r\n\r\nOK\r\n",
      "AT+CIPSEND=0,2\r", "AT+CIPSEND=0,2\r\r\n>", "hi", "\r\nOK\r\n"}},
    {"rst_ok off, boot lines",
     "a6",
     "rst_ok=off boot_ms=200 ciev=on clock=1",
     {"ATE0\r", "ATE0\r\r\nOK\r\n", "AT+RST=1\r",
      "\r\n^CINIT: 1, 0, 0\r\n\r\n^CINIT: 2, 32, 41891\r\n\r\n^CINIT: 8, 2048, 1\r\n\r\n^CINIT: 16, 0, "
      "1638450\r\n\r\n^CINIT: 32, 0, 0\r\n\r\n+CREG: 0\r\n\r\n+CIEV: service, 1\r\n\r\n+CIEV: roam, "
      "0\r\n\r\n+CTZV:1,+01\r\n\r\n+CREG: 1\r\n"}},
    {"ready_before_creg",
     "a9",
     "ready_before_creg=on boot_ms=200 ciev=off clock=1",
     {"ATE0\r", "ATE0\r\r\nOK\r\n", "=fault reboot",
      "\r\nInit...\r\n\r\nA9/A9G\r\nV02.02.20190915R\r\nAi_Thinker_Co._Ltd.\r\nREADY\r\n\r\n+CREG: 2\r\n\r\n"
      "+CTZV:1,+01\r\n\r\n+CREG: 1\r\n"}},
    {"boot_noise", "a9", "boot_noise=on boot_ms=200", {"=fault reboot", "yy\r\nInit...\r\n"}},
    {"cfun1_reboots",
     "a7",
     "cfun1_reboots=on boot_ms=200",
     {"ATE0\r", "ATE0\r\r\nOK\r\n", "AT+CFUN=1\r", "\r\n^CINIT: 1, 0, 0\r\n"}},
    {"pwr_tied",
     "a7",
     "pwr_tied=on boot_ms=200",
     {"ATE0\r", "ATE0\r\r\nOK\r\n", "AT+CPOF\r", "\r\n+CPOF: MS OFF\r\n\r\nOK\r\n\r\n^CINIT: 1, 0, 0\r\n"}},
    {"pin_burn_when_ready",
     "sim800",
     "pin_burn_when_ready=on",
     {"ATE0\r", "ATE0\r\r\nOK\r\n", "AT+CPIN=\"1234\"\r", "\r\nERROR\r\n", "AT+SPIC\r",
      "\r\n+SPIC: 2,3,10,10\r\n\r\nOK\r\n"}},
    {"sim800 autobaud boot",
     "sim800",
     "autobaud=on boot_ms=200 boot_noise=off",
     {"ATE0\r", "ATE0\r\r\nOK\r\n", "=fault reboot", "\r\nCall Ready\r\n\r\nSMS Ready\r\n"}},
    {"sim800 call_ready",
     "sim800",
     "call_ready=off sms_ready=off boot_ms=200 boot_noise=off",
     {"ATE0\r", "ATE0\r\r\nOK\r\n", "=fault reboot", "\r\nRDY\r\n\r\n+CFUN: 1\r\n\r\n+CPIN: READY\r\n"}},
    {"connect_space off", "sim800", "connect_space=off", {UP_CIP, START_0, "\r\nOK\r\n\r\n0,CONNECT OK\r\n"}},
    {"wrong_state error",
     "sim800",
     "wrong_state=error",
     {"ATE0\r", "ATE0\r\r\nOK\r\n", "AT+CMEE=1;+CIICR\r", "\r\nERROR\r\n"}},
    {"cipssl absent",
     "sim800",
     "cipssl=absent",
     {"ATE0\r", "ATE0\r\r\nOK\r\n", "AT+CIPSSL=0\r", "\r\nERROR\r\n"}},
    {"cipssl present, TLS 1.0 only",
     "sim800",
     "cipssl=present",
     {UP_CIP, "AT+CIPSSL=1\r", "\r\nOK\r\n", START_0, "\r\nOK\r\n\r\n0, CLOSE OK\r\n"}},
    {"ciicr_failure",
     "sim800",
     "ciicr_failure=cme148",
     {"ATE0\r", "ATE0\r\r\nOK\r\n", "AT+CMEE=1;+CGATT=0;+CSTT=\"a\";+CIICR\r", "\r\n+CME ERROR: 148\r\n"}},
    {"cdnsgip_error",
     "sim800",
     "cdnsgip_error=3",
     {UP_CIP, "AT+CDNSGIP=\"no.such\"\r", "\r\nOK\r\n\r\n+CDNSGIP: 0,3\r\n"}},
    {"data_accept_space",
     "sim800",
     "data_accept_space=on",
     {UP_CIP, START_0, "\r\nOK\r\n\r\n0, CONNECT OK\r\n", "AT+CIPSEND=0,2\r", "\r\n> ", "hi",
      "\r\nDATA ACCEPT: 0,2\r\n"}},
    {"empty_read error",
     "sim800",
     "empty_read=error",
     {UP_CIP, START_0, "\r\nOK\r\n\r\n0, CONNECT OK\r\n", "AT+CIPRXGET=2,0,10\r", "\r\n+CME ERROR: 3\r\n"}},
    {"rxget_space, extra_rxget_urc",
     "sim800",
     "rxget_space=on extra_rxget_urc=2",
     {UP_CIP, START_0, "\r\nOK\r\n\r\n0, CONNECT OK\r\n", "+", "", "<hello", "\r\n+CIPRXGET: 1,0\r\n",
      "AT+CIPRXGET=4,0\r",
      "\r\n+CIPRXGET: 1,0\r\n\r\n+CIPRXGET: 1,0\r\n\r\n+CIPRXGET: 4, 0,5\r\n\r\nOK\r\n"}},
    {"unread_after_close lose",
     "sim800",
     "unread_after_close=lose",
     {UP_CIP, START_0, "\r\nOK\r\n\r\n0, CONNECT OK\r\n", "+", "", "<hello", "\r\n+CIPRXGET: 1,0\r\n", "x",
      "\r\n0, CLOSED\r\n", "AT+CIPRXGET=2,0,10\r", "\r\n+CME ERROR: 3\r\n"}},
    {"connect_timeout_s",
     "sim800",
     "connect_timeout_s=1",
     {UP_CIP, "AT+CIPSTART=0,\"TCP\",\"203.0.113.9\",80\r", "\r\nOK\r\n\r\n0, CONNECT FAIL\r\n"}},
    {"ciprcv_single_form",
     "a9",
     "cgatt_line=none ciprcv_single_form=colon",
     {"ATE0\r", "ATE0\r\r\nOK\r\n", "AT+CGATT=1;+CGACT=1,1\r", "\r\nOK\r\n", START,
      "\r\nCONNECT OK\r\n\r\nOK\r\n", "+", "", "<hello", "\r\n+CIPRCV:5,hello\r\n"}},
    {"close_extra_ok",
     "a7",
     "cgatt_line=none close_extra_ok=on",
     {UP_AI, START, "\r\n+CIPNUM:0\r\n\r\nCONNECT OK\r\n\r\nOK\r\n", "+", "", "x",
      "\r\n+TCPCLOSED:0\r\n\r\nOK\r\n"}},
    {"kept over a reboot",
     "a9",
     "keeps_mux=on keeps_cmee=on boot_ms=100 ciev=off clock=1",
     {"ATE0\r", "ATE0\r\r\nOK\r\n", "AT+CIPMUX=1;+CMEE=2\r", "\r\nOK\r\n", "=fault reboot",
      "\r\nInit...\r\n\r\n+CREG: 2\r\n\r\n+CTZV:1,+01\r\n\r\n+CREG: "
      "1\r\n\r\nA9/A9G\r\nV02.02.20190915R\r\nAi_Thinker_Co._Ltd.\r\nREADY\r\n",
      "ATE0\r", "ATE0\r\r\nOK\r\n", "AT+CIPMUX?;+CMEE?\r", "\r\n+CIPMUX:1\r\n\r\n+CMEE: 2\r\n\r\nOK\r\n"}},
    {"cipshut_argument",
     "a9",
     "cgatt_line=none cipshut_argument=required",
     {UP_AI, "AT+CIPSHUT\r", "\r\n+CME ERROR: 53\r\n", "AT+CIPSHUT=0\r", "\r\nOK\r\n"}},
    {"cdnsgip_error on A9",
     "a9",
     "cgatt_line=none cdnsgip_error=7",
     {UP_AI, "AT+CDNSGIP=\"no.such\"\r", "\r\n+CDNSGIP: 0,7\r\n\r\nOK\r\n"}},
    {"cops_list silent",
     "a9",
     "cops_list=silent",
     {"ATE0\r", "ATE0\r\r\nOK\r\n", "AT+COPS=?\r", "", "=send-raw \\x41\\r\\n", "A\r\n"}},
    {"cops_list",
     "sim800",
     "cops_list=answer",
     {"AT+COPS=?\r", "AT+COPS=?\r\r\n+COPS: (2,\"Simulated\",\"Simulated\",\"26201\")\r\n\r\nOK\r\n"}},
    {"keeps_settings off",
     "sim800",
     "keeps_settings=off boot_ms=100 boot_noise=off call_ready=off sms_ready=off",
     {"ATE0&W\r", "ATE0&W\r\r\nOK\r\n", "AT+CFUN=1,1\r",
      "\r\nOK\r\n\r\nRDY\r\n\r\n+CFUN: 1\r\n\r\n+CPIN: READY\r\n", "AT\r", "AT\r\r\nOK\r\n"}},
    {"csq_ber", "sim800", "csq_ber=99", {"AT+CSQ\r", "AT+CSQ\r\r\n+CSQ: 23,99\r\n\r\nOK\r\n"}},
};

static void add_variants(struct rig *rig, const char *list)
{
    char copy[256];
    char *rest = NULL;

    snprintf(copy, sizeof copy, "%s", list);
    for (char *word = strtok_r(copy, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest))
        rig_variant(rig, word);
}

static void say(struct rig *rig, const char *line)
{
    if (line[0] == '=')
        rig_do(rig, line + 1);
    else if (line[0] == '<')
        rig_server_send(rig, line + 1, strlen(line + 1));
    else if (strcmp(line, "+") == 0)
        rig_accept(rig);
    else if (strcmp(line, "x") == 0)
        rig_server_close(rig);
    else
        rig_send(rig, line);
}

static void test_story(void **state)
{
    const struct story *story = *state;
    struct rig rig;

    rig_init(&rig, story->profile);
    add_variants(&rig, story->variants);
    rig_start(&rig);
    for (size_t i = 0; story->line[i] != NULL; i += 2) {
        say(&rig, story->line[i]);
        rig_expect(&rig, story->line[i + 1]);
    }
    rig_stop(&rig);
}

int main(int argc, char **argv)
{
    enum { COUNT = sizeof stories / sizeof stories[0] };
    static struct CMUnitTest tests[COUNT];

    RIG_MAIN(argc, argv);
    for (size_t i = 0; i < COUNT; i++)
        tests[i] = (struct CMUnitTest){.name = stories[i].name,
                                       .test_func = test_story,
                                       .initial_state = (void *)(uintptr_t)&stories[i]};
    return _cmocka_run_group_tests("variants", tests, COUNT, NULL, NULL);
}
