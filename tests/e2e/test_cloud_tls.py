"""The TLS of blynksim cloud, seen by a client that shares nothing with it or with the daemon: Python's ssl module."""
import socket
import ssl
import struct
import subprocess
import time
import urllib.request

import pytest

from harness import BUILD, SERVER_NAME, TOKEN, Cloud, Program, make_certs, tls_options, wait_until

pytestmark = pytest.mark.simulated_cloud

LOGIN, PING, HARDWARE, REDIRECT = 29, 6, 20, 41
VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
REFUSALS = {  # fault -> OpenSSL's number for what it should find
    "cert-expired": 10, "cert-not-yet-valid": 9, "cert-wrong-name": 62, "cert-unknown-ca": 20, "cert-self-signed": 18}


@pytest.fixture(scope="module")
def certs(tmp_path_factory):
    return make_certs(tmp_path_factory.mktemp("certs"))


@pytest.fixture
def make_cloud(certs, tmp_path):
    clouds = []

    def make(*options):
        clouds.append(Cloud(tmp_path, name=f"cloud{len(clouds)}", options=[*tls_options(certs), *options]))
        return clouds[-1]

    yield make
    for cloud in clouds:
        try:
            cloud.stop()
        except AssertionError:
            print(cloud.program.log())
            raise


@pytest.fixture
def trust(certs):
    """A client's context that trusts the test CA and speaks that version alone."""
    def make(version="1.3", tickets=True):
        context = ssl.create_default_context(cafile=certs / "ca.pem")
        context.minimum_version = context.maximum_version = VERSIONS[version]
        context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF  # Python's own default hides a missing goodbye
        if not tickets:
            context.options |= ssl.OP_NO_TICKET
        return context
    return make


def address_of(text):
    host, port = text.rsplit(":", 1)
    return host, int(port)


def raw_connect(cloud):
    return socket.create_connection(address_of(cloud.tls_address), timeout=10)


def connect(cloud, context, session=None, name=SERVER_NAME):
    return context.wrap_socket(raw_connect(cloud), server_hostname=name, session=session, suppress_ragged_eofs=False)


def frame(command, number, body=b""):
    return struct.pack(">BHH", command, number, len(body)) + body


def exactly(stream, count):
    data = b""
    while len(data) < count:
        piece = stream.recv(count - len(data))
        assert piece, f"the end after {data!r}"
        data += piece
    return data


def answer(stream):
    """Command, id, and the status or the body of the next frame."""
    command, number, length = struct.unpack(">BHH", exactly(stream, 5))
    return command, number, length if command == 0 else exactly(stream, length)


def login(stream, number=1):
    stream.sendall(frame(LOGIN, number, TOKEN.encode()))
    return answer(stream)


def session_after_login(cloud, context):
    """By the answer to the login all tickets are there too."""
    with connect(cloud, context) as stream:
        assert login(stream) == (0, 1, 200)
        assert not stream.session_reused
        return stream.session


def resumed(cloud, context, session):
    with connect(cloud, context, session) as stream:
        assert login(stream) == (0, 1, 200)
        return stream.session_reused


def handshakes(cloud):
    frames = cloud.frames()
    return frames["tls_full"], frames["tls_resumed"], frames["tls_failed"]


def closed_records(cloud, count):
    return wait_until(lambda: (lambda records: len(records) == count and not any(record["open"] for record in records)
                               and records)(cloud.connections()), f"{count} closed connections")


@pytest.mark.parametrize("version", VERSIONS)
def test_login_and_a_pin_both_ways(make_cloud, trust, version):
    cloud = make_cloud()
    with connect(cloud, trust(version)) as stream:
        assert stream.version() == "TLSv" + version
        assert login(stream) == (0, 1, 200)
        assert cloud.connected()
        stream.sendall(frame(HARDWARE, 2, b"vw\x005\x0042"))
        cloud.wait_for("V5", 42)
        cloud.update("V6", "x")
        assert answer(stream) == (HARDWARE, 111, b"vw\x006\x00x")
        (record,) = cloud.connections()
        assert record["open"] and record["device"]
        assert record["tls"]["version"] == "TLSv" + version
        assert record["tls"]["cipher"] == stream.cipher()[0]
        assert record["tls"]["name"] == SERVER_NAME
        assert not record["tls"]["resumed"] and record["tls"]["failure"] is None
    assert handshakes(cloud) == (1, 0, 0)


@pytest.mark.parametrize("version, tickets, offered", [
    ("1.3", 2, True), ("1.3", 1, True), ("1.2", 1, True), ("1.2", 0, True), ("1.2", 1, False)])
def test_sessions_are_resumed(make_cloud, trust, version, tickets, offered):
    cloud = make_cloud("--tickets", str(tickets))
    context = trust(version, offered)
    session = session_after_login(cloud, context)
    assert session.has_ticket == (tickets > 0 and offered)
    assert resumed(cloud, context, session)
    assert handshakes(cloud) == (1, 1, 0)
    full, short = [record["tls"] for record in closed_records(cloud, 2)]
    assert not full["resumed"] and short["resumed"]
    assert full["name"] == short["name"] == SERVER_NAME
    assert short["handshake_out_bytes"] < full["handshake_out_bytes"] / 2


def test_without_tickets_tls_13_resumes_nothing(make_cloud, trust):
    cloud = make_cloud("--tickets", "0")
    context = trust("1.3")
    session = session_after_login(cloud, context)
    assert session is None or not resumed(cloud, context, session)
    assert handshakes(cloud)[1] == 0


def test_a_ticket_used_twice_is_counted(make_cloud, trust):
    cloud = make_cloud()
    context = trust("1.3")
    first = session_after_login(cloud, context)
    with connect(cloud, context, first) as stream:
        login(stream)
        fresh = stream.session
    assert resumed(cloud, context, fresh)
    assert cloud.frames()["tls_tickets_reused"] == 0
    assert resumed(cloud, context, first)
    assert cloud.frames()["tls_tickets_reused"] == 1


def test_sessions_end_with_the_server(make_cloud, trust):
    first, second = make_cloud(), make_cloud()
    context = trust("1.3")
    session = session_after_login(first, context)
    assert not resumed(second, context, session)


def test_bytes_are_counted_as_they_were_on_the_wire(make_cloud, trust):
    cloud = make_cloud()
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = trust("1.3").wrap_bio(incoming, outgoing, server_hostname=SERVER_NAME)
    sent = received = 0
    with raw_connect(cloud) as stream:
        def exchange(act):
            nonlocal sent, received
            while True:
                try:
                    return act()
                except ssl.SSLWantReadError:
                    data = outgoing.read()
                    stream.sendall(data)
                    sent += len(data)
                    data = stream.recv(65536)
                    assert data
                    received += len(data)
                    incoming.write(data)
        exchange(tls.do_handshake)
        tls.write(frame(LOGIN, 1, TOKEN.encode()))
        assert exchange(lambda: tls.read(5)) == frame(0, 1)[:3] + b"\0\xc8"
        (record,) = cloud.connections()
        assert (record["wire_in_bytes"], record["wire_out_bytes"]) == (sent, received)
        assert (record["plain_in_bytes"], record["plain_out_bytes"]) == (37, 5)
        assert record["tls"]["handshake_in_bytes"] == sent - 37 - 22  # a record of TLS 1.3 costs 22 bytes
        assert record["tls"]["handshake_out_bytes"] == received - 5 - 22
        frames = cloud.frames()
        assert (frames["bytes_in"], frames["bytes_out"]) == (sent, received)


def test_plain_connections_are_counted_too(make_cloud):
    cloud = make_cloud()
    with socket.create_connection(address_of(cloud.address), timeout=10) as stream:
        assert login(stream) == (0, 1, 200)
        (record,) = cloud.connections()
    assert record["tls"] is None
    assert [record[f"{what}_bytes"] for what in ("wire_in", "wire_out", "plain_in", "plain_out")] == [37, 5, 37, 5]


def test_http_over_tls_answers_more_than_one_record(make_cloud, trust):
    cloud = make_cloud()
    value = "v" * 20
    with connect(cloud, trust()) as stream:
        login(stream)
        for number in range(2, 502):
            stream.sendall(frame(HARDWARE, number, b"vw\x001\x00" + value.encode()))
        wait_until(lambda: len(cloud.values("V1")) == 500, "500 writes")
    opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=trust()))
    port = address_of(cloud.tls_address)[1]
    with opener.open(f"https://localhost:{port}/{TOKEN}/history/V1", timeout=10) as reply:
        text = reply.read()
    assert text.count(value.encode()) == 500 and len(text) > 2 * 16384


def test_the_end_is_said(make_cloud, trust):
    cloud = make_cloud()
    with connect(cloud, trust()) as stream:
        login(stream)
        cloud.control("close")
        assert stream.recv(1) == b""  # a missing goodbye would be an SSLEOFError
    with connect(cloud, trust()) as stream:
        login(stream)
        stream.unwrap()
    wait_until(lambda: cloud.frames()["closed_by_device"] == 1, "the device's own goodbye")


@pytest.mark.parametrize("fault", REFUSALS)
def test_a_bad_certificate_is_shown(make_cloud, trust, fault):
    cloud = make_cloud()
    context = trust()
    session = session_after_login(cloud, context)
    cloud.control(f"fault {fault};count=2")
    for kept in (None, session):  # a kept session must not hide it
        with pytest.raises(ssl.SSLCertVerificationError) as caught:
            connect(cloud, context, kept)
        assert caught.value.verify_code == REFUSALS[fault]
    wait_until(lambda: handshakes(cloud) == (1, 0, 2), "two failed handshakes")
    assert all(record["tls"]["failure"] for record in closed_records(cloud, 3)[1:])
    assert resumed(cloud, context, session)


def test_a_fault_from_the_start(make_cloud, trust):
    cloud = make_cloud("--fault", "cert-expired;count=1")
    with pytest.raises(ssl.SSLCertVerificationError):
        connect(cloud, trust())
    with connect(cloud, trust()) as stream:
        assert login(stream) == (0, 1, 200)


def hello(context):
    """A ClientHello as bytes."""
    outgoing = ssl.MemoryBIO()
    tls = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=SERVER_NAME)
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    return outgoing.read()


def until_end(stream):
    data = b""
    while piece := stream.recv(65536):
        data += piece
    return data


@pytest.mark.parametrize("fault, count", [("tls-cut-in-handshake", 100), ("tls-cut-in-handshake:3", 3),
                                          ("tls-cut-in-handshake:0", 0)])
def test_a_cut_in_the_handshake(make_cloud, trust, fault, count):
    cloud = make_cloud()
    cloud.control(f"fault {fault};count=2")
    with raw_connect(cloud) as stream:
        data = hello(trust())
        stream.sendall(data[:7])
        stream.sendall(data[7:])
        assert len(until_end(stream)) == count
    with pytest.raises(ssl.SSLError):
        connect(cloud, trust())
    assert handshakes(cloud) == (0, 0, 2)
    with connect(cloud, trust()) as stream:
        assert login(stream) == (0, 1, 200)


def test_a_plain_answer(make_cloud, trust):
    cloud = make_cloud()
    cloud.control("fault plain-answer;count=2")
    with raw_connect(cloud) as stream:
        stream.sendall(hello(trust()))
        assert until_end(stream).startswith(b"HTTP/1.1 302 Found\r\nlocation: http://")
    with pytest.raises(ssl.SSLError):
        connect(cloud, trust())
    with connect(cloud, trust()) as stream:
        assert login(stream) == (0, 1, 200)


def target_of(stream):
    command, _, body = login(stream)
    assert command == REDIRECT
    return tuple(body.decode().split("\0"))


def test_redirects(make_cloud, trust):
    cloud = make_cloud()
    port = str(address_of(cloud.tls_address)[1])

    def target(fault):
        cloud.control(f"fault {fault};count=1")
        with connect(cloud, trust()) as stream:
            return target_of(stream)
    assert target("redirect:other.blynk.test:443") == ("other.blynk.test", "443")
    assert target("redirect-elsewhere") == ("elsewhere.example", "443")
    assert target("redirect-elsewhere:bad.example:9443") == ("bad.example", "9443")
    assert target("redirect-loop") == (SERVER_NAME, port)
    cloud.control("fault redirect-loop:a.blynk.test:443,b.blynk.test:9443")
    seen = []
    for _ in range(4):
        with connect(cloud, trust()) as stream:
            seen.append(target_of(stream))
    assert seen == [("a.blynk.test", "443"), ("b.blynk.test", "9443")] * 2
    cloud.control("clear all")
    cloud.control("fault redirect-loop")
    with socket.create_connection(address_of(cloud.address), timeout=10) as stream:
        assert target_of(stream) == address_of_text(cloud.address)


def address_of_text(address):
    return tuple(address.rsplit(":", 1))


def test_the_wire_may_be_cut_to_pieces_and_slow(make_cloud, trust):
    cloud = make_cloud("--fault", "split:1;for=60")
    with connect(cloud, trust()) as stream:
        assert login(stream) == (0, 1, 200)
        cloud.control("clear split")
        cloud.control("fault slow:300;for=60")
        begin = time.monotonic()
        stream.sendall(frame(PING, 2))
        assert answer(stream) == (0, 2, 200)
        assert time.monotonic() - begin >= 0.29  # the server counts in milliseconds from the loop's last turn


def test_half_open_and_refuse(make_cloud, trust):
    cloud = make_cloud()
    with connect(cloud, trust()) as stream:
        login(stream)
        cloud.control("fault half-open;count=1")
        stream.sendall(frame(PING, 2))
        stream.settimeout(0.3)
        with pytest.raises(TimeoutError):
            stream.recv(1)
    cloud.control("clear all")
    cloud.control("fault refuse")
    with pytest.raises(ConnectionRefusedError):
        raw_connect(cloud)
    cloud.control("clear refuse")
    with connect(cloud, trust()) as stream:  # the port is the same as before
        assert login(stream) == (0, 1, 200)


@pytest.mark.parametrize("option, spoken, refused", [("--tls-min=1.3", "1.3", "1.2"), ("--tls-max=1.2", "1.2", "1.3")])
def test_versions_are_limited(make_cloud, trust, option, spoken, refused):
    cloud = make_cloud(option)
    with connect(cloud, trust(spoken)) as stream:
        assert login(stream) == (0, 1, 200)
    with pytest.raises(ssl.SSLError):
        connect(cloud, trust(refused))
    wait_until(lambda: handshakes(cloud) == (1, 0, 1), "one failed handshake")
    assert "protocol" in closed_records(cloud, 2)[1]["tls"]["failure"]


def test_garbage_and_a_client_that_goes(make_cloud, trust):
    cloud = make_cloud()
    with raw_connect(cloud) as stream:
        stream.sendall(b"GET / HTTP/1.1\r\n\r\n")
        until_end(stream)
    with raw_connect(cloud) as stream:
        stream.sendall(hello(trust())[:50])
    wait_until(lambda: handshakes(cloud) == (0, 0, 2), "two failed handshakes")
    assert closed_records(cloud, 2)[1]["tls"]["failure"] == "the client went away in the handshake"
    with raw_connect(cloud):
        pass  # not a byte: no handshake
    with connect(cloud, trust()) as stream:
        login(stream)
        stream.unwrap().sendall(b"x")
    assert handshakes(cloud) == (1, 0, 2)


def test_tls_alone_and_a_port_of_ones_own_choice(certs, tmp_path, trust):
    control = tmp_path / "control"
    program = Program("cloud", tmp_path, [BUILD / "blynksim", "cloud", "--token", TOKEN, *tls_options(certs),
                                          "--tls-port", "127.0.0.2:0", "--control", control])
    host, port = address_of(program.wait_for_log(r"^ready tls: (\S+)$", 15).group(1))
    assert host == "127.0.0.2" and "ready: " not in program.log()
    stream = trust().wrap_socket(socket.create_connection((host, port), timeout=10), server_hostname="localhost")
    with stream:
        assert login(stream) == (0, 1, 200)
    program.stop()


def refuses(*arguments):
    done = subprocess.run([BUILD / "blynksim", *arguments], capture_output=True, text=True, timeout=20)
    assert done.returncode != 0 and not done.stdout
    return done.stderr


def test_wrong_options_are_explained(certs, tmp_path):
    base = ["cloud", "--listen", "127.0.0.1:0", "--token", TOKEN]
    tls = tls_options(certs)
    assert "belong together" in refuses(*base, *tls[:2])
    assert "without --tls-cert there is no TLS" in refuses(*base, "--tickets", "1")
    assert "1.2 or 1.3, not: 1.1" in refuses(*base, *tls, "--tls-min", "1.1")
    assert "--tls-max is below --tls-min" in refuses(*base, *tls, "--tls-min", "1.3", "--tls-max", "1.2")
    assert "--tickets takes a number" in refuses(*base, *tls, "--tickets", "-1")
    assert "--tls-port takes a number" in refuses(*base, *tls, "--tls-port", "65536")
    assert "not a numeric address: here" in refuses(*base, *tls, "--tls-port", "here:1")
    assert "No such file" in refuses(*base, "--tls-cert", tmp_path / "none.pem", "--tls-key", tls[3])
    assert "key values mismatch" in refuses(*base, *tls[:3], certs / "expired.key")
    assert "plain-answer needs --tls-cert and --tls-key" in refuses(*base, "--fault", "plain-answer")
    assert "cert-expired needs its certificate" in refuses(*base, "--fault", "cert-expired")
    assert "one directory is needed" in refuses("certs")
    assert "not a name that fits" in refuses("certs", tmp_path, "--name", "a,DNS:b")
    assert "--now takes seconds" in refuses("certs", tmp_path, "--now", "soon")


def test_a_certificate_that_is_not_there_is_said_at_run_time(certs, tmp_path):
    for ending in ("pem", "key"):
        (tmp_path / f"good.{ending}").write_bytes((certs / f"good.{ending}").read_bytes())
    cloud = Cloud(tmp_path, options=tls_options(tmp_path))
    with pytest.raises(AssertionError, match="cert-expired needs its certificate"):
        cloud.control("fault cert-expired")
    cloud.stop()


def test_certificates_for_other_names_and_times(tmp_path):
    now = int(time.time())
    folder = make_certs(tmp_path, "--name", "*.blynk.test", "--name", "::1", "--now", str(now + 100 * 86400))

    def verify(*options):
        command = ["openssl", "verify", "-CAfile", folder / "ca.pem", *options, folder / "good.pem"]
        return subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert "not yet valid" in verify().stderr
    later = ("-attime", str(now + 101 * 86400))
    for option, name in (("-verify_hostname", "eu.blynk.test"), ("-verify_ip", "::1"), ("-verify_ip", "127.0.0.1")):
        assert verify(*later, option, name).returncode == 0
    assert verify(*later, "-verify_hostname", "blynk.cloud").returncode != 0
    assert folder.joinpath("good.key").stat().st_mode & 0o077 == 0
