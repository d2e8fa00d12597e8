"""tls = modem: the modem itself encrypts. The simulated modem makes a real handshake with the certificate that was put
into it; what it does not trust it does not speak to, and modems that cannot do this are not asked to."""
import re
import subprocess

import pytest

from harness import BUILD, SERVER_NAME, TOKEN, Rig, default_settings, make_certs, tls_options, wait_until, write_settings

pytestmark = pytest.mark.simulated_cloud

BY_DOCUMENT = ["bg96", "bg95", "ec25", "eg25", "ec200u", "eg915", "sim7080", "sim7070", "sim7090", "sim7000ssl",
               "sim7600", "a7672", "a7670"]
FAMILIES = ["bg96", "sim7080", "sim7000ssl", "sim7600"]  # one of each dialect


@pytest.fixture(scope="module")
def certs(tmp_path_factory):
    return make_certs(tmp_path_factory.mktemp("certs"))


def settings(certs, **blynk):
    return {"blynk": {"server": SERVER_NAME, "tls": "modem", "ca_file": certs / "ca.pem", "connect_timeout": "20s", **blynk}}


def routes(cloud, ports):
    return [word for port in ports for word in ("--route", f"{SERVER_NAME}:{port}={cloud.tls_address}")]


def tls_rig(certs, profile, cloud_options=(), modem_options=(), ports=(443, 9443), **options):
    return Rig(profile, settings=settings(certs), cloud_options=(*tls_options(certs), *cloud_options),
               modem_options=lambda cloud: (*routes(cloud, ports), *modem_options), **options)


def modem_log(rig):
    return rig.modem.program.log()


@pytest.mark.parametrize("profile", BY_DOCUMENT)
def test_a_pin_travels_encrypted(certs, profile):
    with tls_rig(certs, profile) as rig:
        assert rig.online()["encryption"] == "by the modem"
        with rig.client() as client:
            assert client.set("V5", "23.4")
            assert client.execute_command("BLYNK.FLUSH", 20000) == 0
        assert rig.cloud.values("V5") == ["23.4"]
        listener = rig.listen("V7")
        rig.cloud.update("V7", "on")
        listener.wait_for("V7", "on")
        connection = rig.cloud.connections()[-1]
        assert connection["tls"]["version"] == "TLSv1.2"
        assert connection["tls"]["name"] == SERVER_NAME


@pytest.mark.parametrize("profile", FAMILIES)
def test_long_values_both_ways(certs, profile):
    """Records of TLS are larger than what a modem hands out at once."""
    value = "x" * 900
    with tls_rig(certs, profile) as rig:
        rig.online()
        listener = rig.listen("V7")
        with rig.client() as client:
            assert client.set("V4", "1")  # behind it the cloud knows how much the device takes at once
            assert client.execute_command("BLYNK.FLUSH", 30000) == 0
            for number in range(8):
                assert client.set("V5", f"{number}{value}")
                rig.cloud.update("V7", f"{number}{value}")
            assert client.execute_command("BLYNK.FLUSH", 30000) == 0
        for number in range(8):
            listener.wait_for("V7", f"{number}{value}")
        assert rig.cloud.values("V5")[-1] == f"7{value}"


@pytest.mark.parametrize("profile", ["bg96", "sim7080"])
def test_the_certificate_is_put_in_once(certs, profile):
    with tls_rig(certs, profile) as rig:
        rig.online()
        uploads = modem_log(rig).count("BEGIN CERTIFICATE")
        assert uploads == 1
        rig.daemon.stop()
        rig.daemon.start()
        rig.online()
        assert modem_log(rig).count("BEGIN CERTIFICATE") == uploads


def lose_bearer(rig):
    starts = modem_log(rig).count(">> AT+CCHSTART\n")
    rig.modem.control("fault pdp-drop")
    wait_until(lambda: modem_log(rig).count(">> AT+CCHSTART\n") > starts, "the next data connection")
    rig.online()


def test_a_certificate_that_cannot_be_measured_is_put_in_by_each_daemon(certs):
    """Of a file of the CCH channel nobody can ask whether it is whole."""
    with tls_rig(certs, "sim7600") as rig:
        rig.online()
        lose_bearer(rig)
        assert modem_log(rig).count("BEGIN CERTIFICATE") == 1
        rig.daemon.stop()
        rig.daemon.start()
        rig.online()
        assert modem_log(rig).count("BEGIN CERTIFICATE") == 2


def test_a_lost_certificate_is_put_in_again(certs):
    with tls_rig(certs, "sim7600", modem_options=("--variant", "certlist=absent")) as rig:
        rig.online()
        lose_bearer(rig)
        assert modem_log(rig).count("BEGIN CERTIFICATE") == 2


CCH_FIRMWARE = [("sim7600", "result_first=on"), ("a7672", "result_first=on"), ("sim7600", "certlist=line"),
                ("a7670", "certdown_again=refused"), ("sim7600", "cch_name=checked"), ("a7672", "dataecho=absent")]


@pytest.mark.parametrize("profile, variant", CCH_FIRMWARE)
def test_firmware_of_the_cch_channel(certs, profile, variant):
    with tls_rig(certs, profile, modem_options=("--variant", variant)) as rig:
        rig.online()
        rig.daemon.stop()  # a file of that name is there already, and the channel is started
        rig.daemon.start()
        rig.online()
        with rig.client() as client:
            assert client.set("V5", "23.4")
            assert client.execute_command("BLYNK.FLUSH", 20000) == 0
        listener = rig.listen("V7")
        rig.cloud.update("V7", "on")
        listener.wait_for("V7", "on")
        assert rig.cloud.connections()[-1]["tls"]["name"] == SERVER_NAME


def test_firmware_that_cannot_tell_the_name(certs):
    with tls_rig(certs, "sim7600", modem_options=("--variant", "cch_sni=absent")) as rig:
        rig.online()
        assert not rig.cloud.connections()[-1]["tls"]["name"]


def test_what_comes_before_the_end_is_read(certs):
    """The server says something and closes: what waits in the module is not lost."""
    with tls_rig(certs, "sim7600") as rig:
        rig.online()
        listener = rig.listen("V7")
        rig.cloud.control("write V7 last")
        rig.cloud.control("close")
        listener.wait_for("V7", "last")
        wait_until(lambda: "+CCH_PEER_CLOSED: 0" in modem_log(rig), "the end")
        wait_until(lambda: len(rig.cloud.connections()) > 1, "the next connection")
        rig.online()


def check_nothing_is_told(rig, words=None):
    link = wait_until(lambda: (words or UNTOLD) in (now := rig.link())["why"] and now, "the reason", 40)
    assert link["rung"] == "redial"
    assert rig.cloud.frames()["logins"] == 0


def test_a_name_that_is_checked(certs):
    with tls_rig(certs, "sim7600", cloud_options=("--fault", "cert-wrong-name"),
                 modem_options=("--variant", "cch_name=checked")) as rig:
        check_nothing_is_told(rig)


@pytest.mark.parametrize("profile", ["bg96", "sim7080", "sim7600"])
def test_a_server_that_is_too_new(certs, profile):
    """The server refuses TLS 1.2."""
    with tls_rig(certs, profile, cloud_options=("--tls-min", "1.3")) as rig:
        check_nothing_is_told(rig)


def test_firmware_whose_tls_is_broken(certs):
    with tls_rig(certs, "a7670", modem_options=("--variant", "cch_tls=fails")) as rig:
        check_nothing_is_told(rig)


def test_a_key_that_the_firmware_cannot_read(certs, tmp_path):
    key, cert = tmp_path / "p384.key", tmp_path / "p384.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-nodes",
                    "-keyout", key, "-out", cert, "-days", "2", "-subj", f"/CN={SERVER_NAME}",
                    "-addext", f"subjectAltName=DNS:{SERVER_NAME}"], check=True, stderr=subprocess.DEVNULL)
    with Rig("a7670", settings={"blynk": {**settings(certs)["blynk"], "ca_file": cert}},
             cloud_options=["--tls-cert", cert, "--tls-key", key],
             modem_options=lambda cloud: (*routes(cloud, [443, 9443]), "--variant", "cch_p384=off")) as rig:
        check_nothing_is_told(rig)
        rig.modem.control("variant cch_p384=on")
        rig.online()


KNOWS_TIME = ("--variant", "takes_time=always")
UNTOLD = "ca_file"  # it may be anything: so what can be done is said
REFUSED = [("bg96", "cert-expired", UNTOLD), ("sim7600", "cert-expired", UNTOLD),
           ("a7672", "cert-not-yet-valid", UNTOLD),
           *[(profile, fault, words) for profile in ["sim7080", "sim7000ssl"]
             for fault, words in [("cert-expired", "expired"), ("cert-not-yet-valid", "not valid yet"),
                                  ("cert-wrong-name", "another name")]],
           *[(profile, fault, UNTOLD) for profile in FAMILIES
             for fault in ["cert-unknown-ca", "cert-self-signed", "tls-cut-in-handshake", "plain-answer"]]]


@pytest.mark.parametrize("profile, fault, words", REFUSED)
def test_a_server_that_cannot_be_trusted_is_told_nothing(certs, profile, fault, words):
    # The module has to know the time before it is asked to check dates: not only once CLTS=1 has been said.
    with tls_rig(certs, profile, cloud_options=("--fault", fault), modem_options=KNOWS_TIME) as rig:
        link = wait_until(lambda: words in (now := rig.link())["why"] and now, "the reason", 40)
        assert link["rung"] == "redial"
        assert rig.cloud.frames()["logins"] == 0
        rig.cloud.control("clear all")
        rig.online()
        steps = rig.link()["steps_taken"]
        assert not re.search("reset|restart|power|radio|down and up", steps), steps


@pytest.mark.parametrize("profile", FAMILIES)
def test_a_modem_without_the_time_says_so(certs, profile):
    """Dates cannot be checked against a clock that was never set; all else is."""
    with tls_rig(certs, profile, modem_options=("--variant", "clock=80/01/06,00:00:30")) as rig:
        rig.online()
        assert "does not know the time" in rig.daemon.program.log()


@pytest.mark.parametrize("profile", ["sim7080", "sim7000ssl"])
def test_dates_are_judged_by_the_modems_clock(certs, profile):
    """It is wrong, but may be right: so it is asked to judge, and whom to blame is said."""
    with tls_rig(certs, profile, modem_options=(*KNOWS_TIME, "--variant", "clock=59/01/01,00:00:00")) as rig:
        why = wait_until(lambda: "expired" in (now := rig.link()["why"]) and now, "the reason", 40)
        assert "by the modem's clock" in why
        assert rig.cloud.frames()["logins"] == 0


@pytest.mark.parametrize("profile", ["bg96", "sim7600"])
def test_what_it_does_not_check_is_said(certs, profile):
    with tls_rig(certs, profile, cloud_options=("--fault", "cert-wrong-name")) as rig:
        rig.online()
        assert "does not say that it compares the name" in rig.daemon.program.log()


FORMS = ["sni_form=quoted", "sni_form=bare", "ctxindex_form=next_line", "download_ok=on", "cnact_form=indexed",
         "casend_line=on", "cacid_first=optional", "cid_after_failure=held"]


@pytest.mark.parametrize("form", FORMS)
def test_as_other_firmware_has_it(certs, form):
    with tls_rig(certs, "sim7000ssl", modem_options=("--variant", form)) as rig:
        rig.online()
        assert rig.cloud.connections()[-1]["tls"]["name"] == SERVER_NAME
        assert modem_log(rig).count("BEGIN CERTIFICATE") == 1


UNFIT = [("ca_tls=absent", "choosing TLS 1.2, which not every firmware has, failed"),
         ("ca_tls=1.0", "choosing TLS 1.2, which not every firmware has, failed"),
         ("ca_tls=stays", "having TLS 1.2 used, which not every firmware does, failed"),
         ("sni_form=absent", "too old to say which server it wants")]


@pytest.mark.parametrize("firmware, words", UNFIT)
def test_firmware_that_cannot_is_told_nothing(certs, firmware, words):
    """The same module, and the same words of itself: it is only known when it is asked to."""
    with tls_rig(certs, "sim7000ssl", modem_options=("--variant", firmware)) as rig:
        why = wait_until(lambda: words in (now := rig.link()["why"]) and now, "the reason", 40)
        assert "`tls = yes`" in why
        assert rig.cloud.frames()["connections"] == 0
        assert not re.search("reset|restart|power|radio", rig.link()["steps_taken"])


def test_the_second_port(certs):
    with tls_rig(certs, "bg96", ports=[9443]) as rig:
        rig.online(60)
        assert rig.link()["server"] == f"{SERVER_NAME}:9443"


@pytest.mark.parametrize("profile", ["bg96", "sim7600"])
def test_from_plain_to_the_modem_and_to_the_host(certs, profile):
    with tls_rig(certs, profile) as rig:
        rig.online()
        rig.daemon.configure({"blynk": {"tls": "yes"}})
        rig.daemon.reload()
        wait_until(lambda: rig.link()["encryption"].startswith("TLS 1.3"), "encryption by the host")
        rig.online()
        rig.daemon.configure({"blynk": {"tls": "modem"}})
        rig.daemon.reload()
        wait_until(lambda: rig.link()["encryption"] == "by the modem", "encryption by the modem")
        rig.online()
        assert rig.cloud.connections()[-1]["tls"]["version"] == "TLSv1.2"


CANNOT = [("a7", "no TLS of its own"), ("m590", "no TLS of its own"), ("sim800", "too old"), ("m95", "too old"),
          ("sim5360", "no TLS of its own"), ("sara-r4", "cannot work with"), ("sim7000", "no TLS of its own"),
          ("esp8266", "no TLS of its own")]


def check_config(folder, profile, network=None, **blynk):
    path = folder / "blynkd.conf"
    changed = default_settings(folder, TOKEN, profile)
    changed["blynk"].update(blynk)
    changed["network"].update(network or {})
    write_settings(path, changed)
    result = subprocess.run([BUILD / "blynkd", "--config", path, "--check-config"], capture_output=True, text=True)
    return result.returncode, result.stdout + result.stderr


@pytest.mark.parametrize("profile, words", CANNOT, ids=[profile for profile, _ in CANNOT])
def test_modems_that_cannot_are_refused(certs, tmp_path, profile, words):
    code, output = check_config(tmp_path, profile, server=SERVER_NAME, tls="modem", ca_file=certs / "ca.pem")
    assert code != 0
    assert words in output and "use `tls = yes`, which is made on this machine" in output


def test_without_a_certificate_it_is_refused(tmp_path):
    code, output = check_config(tmp_path, "bg96", server=SERVER_NAME, tls="modem")
    assert code != 0
    assert "needs ca_file" in output


def test_without_a_modem_it_is_refused(certs, tmp_path):
    code, output = check_config(tmp_path, "auto", server=SERVER_NAME, tls="modem", ca_file=certs / "ca.pem",
                                network={"uplink": "host"})
    assert code != 0
    assert "there is no modem that could encrypt" in output


def test_a_modem_that_turns_out_to_be_one_that_cannot(certs):
    """profile = auto: it is known only when the modem has said what it is. Nothing is ever sent readable."""
    with Rig("sim800", settings=settings(certs), cloud_options=tls_options(certs), auto=True,
             modem_options=lambda cloud: routes(cloud, [443])) as rig:
        wait_until(lambda: "too old" in rig.link()["why"], "the reason")
        assert rig.cloud.frames()["connections"] == 0
