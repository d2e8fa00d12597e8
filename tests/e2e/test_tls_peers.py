"""Encryption against servers that share nothing with this project but OpenSSL's library: nginx's stream module and
`openssl s_server`, each in front of the plain simulated cloud, with chains as public authorities make them."""
import contextlib
import pathlib
import re
import selectors
import shutil
import socket
import subprocess
import threading

import pytest

from harness import SERVER_NAME, TIED_TO_US, Program, Rig, clock_environment, wait_until

pytestmark = pytest.mark.simulated_cloud

KINDS = {"ECDSA": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"], "RSA": ["-newkey", "rsa:2048"]}
VERSIONS = ("1.2", "1.3")
NGINX = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
NGINX_STREAM = pathlib.Path("/usr/lib/nginx/modules/ngx_stream_module.so")
needs_nginx = pytest.mark.skipif(not NGINX or not NGINX_STREAM.exists(),
                                 reason="needs nginx with its stream module (nginx-light, libnginx-mod-stream); not "
                                        "installed by scripts/setup, because Debian starts a server with it")
needs_openssl = pytest.mark.skipif(not shutil.which("openssl"), reason="needs the openssl program")


# ---- certificates ----

def openssl(folder, *arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, timeout=60)


def certify(folder, kind):
    """root.pem; server.pem with server.key; chain.pem is the server's certificate and the one between."""
    openssl(folder, "req", "-x509", "-nodes", "-days", "9", *KINDS[kind], "-keyout", "root.key", "-out", "root.pem",
            "-subj", "/O=Peers/CN=Root")
    for name, subject, above, extensions in [
            ("between", "/O=Peers/CN=Between", "root", "basicConstraints=critical,CA:TRUE,pathlen:0"),
            ("server", f"/CN={SERVER_NAME}", "between", f"subjectAltName=DNS:{SERVER_NAME}")]:
        openssl(folder, "req", "-nodes", *KINDS[kind], "-keyout", f"{name}.key", "-out", f"{name}.csr",
                "-subj", subject)
        (folder / "extensions").write_text(extensions + "\n")
        openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", f"{above}.pem", "-CAkey", f"{above}.key",
                "-CAcreateserial", "-days", "9", "-extfile", "extensions", "-out", f"{name}.pem")
    chain = [(folder / f"{name}.pem").read_text() for name in ("server", "between")]
    (folder / "chain.pem").write_text("".join(chain))
    return folder


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """A function: kind of key -> folder."""
    made = {}

    def of(kind):
        if kind not in made:
            made[kind] = certify(tmp_path_factory.mktemp(kind), kind)
        return made[kind]
    return of


# ---- peers ----

def free_port():
    """Neither peer can say which port it was given."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Nginx:
    """One process, in the foreground."""

    SETTINGS = """
load_module {module};
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr info;
events {{ worker_connections 64; }}
stream {{
    log_format handshake "$ssl_protocol $ssl_cipher $ssl_server_name $ssl_session_reused";
    access_log {folder}/handshakes handshake;
    server {{
        listen {address} ssl;
        ssl_certificate {certs}/{chain};
        ssl_certificate_key {certs}/server.key;
        ssl_protocols TLSv{version};
        {sessions}
        proxy_pass {cloud};
    }}
}}
"""
    SESSIONS = {"tickets": "ssl_session_cache shared:peers:1m; ssl_session_tickets on;",
                "cache": "ssl_session_cache shared:peers:1m; ssl_session_tickets off;",
                "none": "ssl_session_cache off; ssl_session_tickets off;"}

    def __init__(self, folder, certs, version, cloud, sessions="tickets", chain="chain.pem"):
        self.address = f"127.0.0.1:{free_port()}"
        self.folder, self.records = folder, folder / "handshakes"
        (folder / "nginx.conf").write_text(self.SETTINGS.format(
            module=NGINX_STREAM, folder=folder, address=self.address, certs=certs, chain=chain, version=version,
            cloud=cloud.address, sessions=self.SESSIONS[sessions]))
        self.start()

    def start(self):
        command = [NGINX, "-p", self.folder, "-e", "stderr", "-c", self.folder / "nginx.conf"]
        self.program = Program("nginx", self.folder, command)
        self.program.wait_for_log("getrlimit", 15)  # its last word before it serves

    def handshakes(self):
        """Of connections that have ended: [version, cipher, name, r if resumed]."""
        return [line.split() for line in self.records.read_text().splitlines()] if self.records.exists() else []

    def stop(self):
        self.program.stop()

    def close(self):
        self.program.stop()


class SServer:
    """`openssl s_server` has the plain text on its stdin and stdout and no word for where a connection begins: so the
    modem's connections come here, and each gets one to the cloud."""

    def __init__(self, folder, certs, version, cloud):
        self.cloud, self.over = cloud, threading.Event()
        self.port = free_port()
        self.log = open(folder / "s_server.log", "wb")
        self.server = subprocess.Popen(
            [*TIED_TO_US, "openssl", "s_server", "-quiet", f"-tls{version.replace('.', '_')}",
             "-accept", f"127.0.0.1:{self.port}",
             "-cert", certs / "server.pem", "-key", certs / "server.key", "-cert_chain", certs / "between.pem"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, bufsize=0)
        wait_until(self.connect, "openssl s_server", 15).close()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(0.1)
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def connect(self):
        assert self.server.poll() is None, "openssl s_server ended"
        with contextlib.suppress(ConnectionRefusedError):
            return socket.create_connection(("127.0.0.1", self.port))

    def serve(self):
        while not self.over.is_set():
            with contextlib.suppress(TimeoutError, ConnectionError), self.listener.accept()[0] as modem:
                host, port = self.cloud.address.rsplit(":", 1)
                with self.connect() as tls, socket.create_connection((host, int(port))) as cloud:
                    self.carry(modem, tls, cloud)

    def carry(self, modem, tls, cloud):
        plain = self.server
        ways = [(modem, modem.recv, tls.sendall), (tls, tls.recv, modem.sendall),
                (plain.stdout, plain.stdout.read, cloud.sendall), (cloud, cloud.recv, plain.stdin.write)]
        with selectors.DefaultSelector() as selector:
            for end, read, write in ways:
                selector.register(end, selectors.EVENT_READ, (read, write))
            while not self.over.is_set():
                for key, _ in selector.select(0.1):
                    read, write = key.data
                    data = read(65536)
                    if not data:
                        return
                    write(data)

    def close(self):
        self.over.set()
        self.thread.join()
        self.listener.close()
        self.server.kill()
        self.server.communicate()
        self.log.close()


@contextlib.contextmanager
def rig_behind(make_peer, certs, profile):
    """A rig whose modem reaches the cloud through the peer."""
    peers = []

    def routes(cloud):
        peers.append(make_peer(cloud))
        return "--route", f"{SERVER_NAME}:443={peers[0].address}"
    settings = {"blynk": {"server": SERVER_NAME, "tls": None, "ca_file": certs / "root.pem", "connect_timeout": "20s"}}
    try:
        with Rig(profile, settings=settings, modem_options=routes, env=clock_environment(certs, True)) as rig:
            yield rig, peers[0]
    finally:
        for peer in peers:
            peer.close()


def reconnect(rig):
    rig.cloud.control("close")
    wait_until(lambda: rig.state() != "ONLINE", "the end of the session")
    return rig.online()["encryption"]


def ended_handshakes(rig, nginx, count):
    """Ends the session, because nginx notes a connection at its end."""
    rig.cloud.control("close")
    return wait_until(lambda: len(found := nginx.handshakes()) >= count and found[:count], "nginx's notes")


def uses_pins(rig):
    with rig.client() as client:
        assert client.set("V5", "23.4")
        assert client.execute_command("BLYNK.FLUSH", 20000) == 0
    assert rig.cloud.values("V5") == ["23.4"]
    listener = rig.listen("V7")
    rig.cloud.update("V7", "on")
    listener.wait_for("V7", "on")


def cipher_of(version, kind):
    return r"TLS 1\.3, TLS_AES_\d+_GCM_\w+" if version == "1.3" else rf"TLS 1\.2, ECDHE-{kind}-AES\d+-GCM-\w+"


# ---- tests ----

@needs_nginx
@needs_openssl
@pytest.mark.parametrize("profile", ["sim800", "a7"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("version", VERSIONS)
def test_nginx(certificates, tmp_path, version, kind, profile):
    certs = certificates(kind)
    with rig_behind(lambda cloud: Nginx(tmp_path, certs, version, cloud), certs, profile) as (rig, nginx):
        assert re.fullmatch(cipher_of(version, kind), rig.online()["encryption"])
        uses_pins(rig)
        assert re.fullmatch(cipher_of(version, kind) + ", resumed", reconnect(rig))
        full, short = [(each[0], each[2], each[3]) for each in ended_handshakes(rig, nginx, 2)]
        assert full == (f"TLSv{version}", SERVER_NAME, ".")
        assert short[0] == full[0] and short[2] == "r"


@needs_nginx
@needs_openssl
@pytest.mark.parametrize("sessions, resumed", [("cache", True), ("none", False)])
@pytest.mark.parametrize("version", VERSIONS)
def test_nginx_without_tickets(certificates, tmp_path, version, sessions, resumed):
    """A server that keeps the sessions itself, and one that keeps none."""
    certs = certificates("ECDSA")
    with rig_behind(lambda cloud: Nginx(tmp_path, certs, version, cloud, sessions), certs, "sim800") as (rig, nginx):
        rig.online()
        for _ in range(2):
            assert reconnect(rig).endswith(", resumed") == resumed
        assert "".join(each[3] for each in ended_handshakes(rig, nginx, 3)) == (".rr" if resumed else "...")


@needs_nginx
@needs_openssl
def test_nginx_that_forgot_its_sessions(certificates, tmp_path):
    """After a restart the server knows no session: a full handshake, at once, not a failed one."""
    certs = certificates("ECDSA")
    with rig_behind(lambda cloud: Nginx(tmp_path, certs, "1.3", cloud), certs, "sim800") as (rig, nginx):
        rig.online()
        assert reconnect(rig).endswith(", resumed")
        nginx.stop()
        wait_until(lambda: rig.state() != "ONLINE", "the end of the session")
        nginx.start()
        assert not rig.online()["encryption"].endswith("resumed")
        assert reconnect(rig).endswith(", resumed")
        assert re.fullmatch(r"redial \d+", rig.link()["steps_taken"])


@needs_nginx
@needs_openssl
def test_nginx_without_the_certificate_between(certificates, tmp_path):
    """The commonest mistake of those who run a server; browsers hide it, nothing else does."""
    certs = certificates("ECDSA")
    with rig_behind(lambda cloud: Nginx(tmp_path, certs, "1.3", cloud, chain="server.pem"), certs,
                    "sim800") as (rig, _):
        link = wait_until(lambda: (now := rig.link())["why"].count("ca_file") and now, "the reason", 40)
        assert link["rung"] == "redial"
        assert rig.cloud.frames()["logins"] == 0


@needs_openssl
@pytest.mark.parametrize("profile", ["sim800", "a7"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("version", VERSIONS)
def test_openssl_s_server(certificates, tmp_path, version, kind, profile):
    certs = certificates(kind)
    with rig_behind(lambda cloud: SServer(tmp_path, certs, version, cloud), certs, profile) as (rig, _):
        assert re.fullmatch(cipher_of(version, kind), rig.online()["encryption"])
        uses_pins(rig)
        assert re.fullmatch(cipher_of(version, kind) + ", resumed", reconnect(rig))
