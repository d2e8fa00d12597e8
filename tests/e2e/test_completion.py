"""What the shells offer for blynkctl. bash: its function is driven as bash would; zsh: a real one, on a terminal."""
import os
import pty
import re
import select
import shutil
import subprocess
import time

import pytest

import harness
from odd_server import OddServer

COMPLETION = harness.ROOT / "conf/completion"
COMMANDS = {line.split("\t")[0] for line in subprocess.run(
    [harness.BUILD / "blynkctl", "help", "--names"], capture_output=True, text=True, check=True).stdout.splitlines()}


@pytest.fixture(scope="module")
def shared_rig():
    yield from harness.rig_for_all("sim800")


def environment(rig=None):
    env = {**os.environ, "PATH": f"{harness.BUILD}:{os.environ['PATH']}", "TERM": "xterm"}
    env["BLYNKD_SOCKET"] = rig.daemon.socket if rig else "/nowhere/at/all"
    return env


def bash(line, rig=None, cwd=None):
    """What Tab offers at the end of a line, as a set. Words are split at = as bash does."""
    words = [word for part in line.split(" ") for word in re.split("(=)", part) if word or part == ""]
    script = 'source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); ' \
             '_blynkctl "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"; ' \
             'printf "%s\\n" "${COMPREPLY[@]}"'
    result = subprocess.run(["bash", "--norc", "-c", script, COMPLETION / "blynkctl.bash", *words], timeout=30,
                            capture_output=True, text=True, check=False, env=environment(rig), cwd=cwd)
    assert result.stderr == ""
    return set(result.stdout.split("\n")) - {""}


def test_bash_is_told_where(tmp_path):
    result = subprocess.run(["bash", "--norc", "-c", 'source "$0"; complete -p blynkctl', COMPLETION / "blynkctl.bash"],
                            capture_output=True, text=True, check=True)
    assert result.stdout == "complete -F _blynkctl blynkctl\n"


def test_bash_commands_and_options():
    commands = {name for name in COMMANDS if not name.startswith("-")}
    assert len(commands) > 10
    assert bash("blynkctl ") == commands
    assert bash("blynkctl fl") == {"flush"}
    assert bash("blynkctl -") == COMMANDS - commands
    assert bash("blynkctl --json --socket /x fl") == {"flush"}
    assert bash("blynkctl --socket=/x -j fl") == {"flush"}
    assert bash("blynkctl --color a") == {"auto", "always"}
    assert bash("blynkctl --color=n") == {"never"}
    assert bash("blynkctl --timeout ") == set()
    assert bash("blynkctl help pro") == {"property"}
    assert bash("blynkctl trace -") == {"-f", "--raw", "--pcap"}
    assert bash("blynkctl trace --r") == {"--raw"}
    assert bash("blynkctl resolve CODE a") == {"all"}
    assert bash("blynkctl config ") == {"show", "check", "set"}


def test_bash_files(tmp_path):
    (tmp_path / "one file.pcapng").touch()
    (tmp_path / "two").touch()
    assert bash("blynkctl trace --pcap o", cwd=tmp_path) == {"one file.pcapng"}
    assert bash("blynkctl --config t", cwd=tmp_path) == {"two"}
    assert bash("blynkctl bundle ", cwd=tmp_path) == {"one file.pcapng", "two"}


def test_bash_pins(rig):
    with rig.client() as client:
        client.mset({"V5": "1", "V51": "2", "A3": "3"})
    assert {"V5", "V51", "A3"} <= bash("blynkctl get ", rig)
    assert bash("blynkctl get V5", rig) == {"V5", "V51"}
    assert bash("blynkctl get V5 a3", rig) == {"A3"}
    assert bash("blynkctl set v5", rig) == {"V5", "V51"}
    assert bash("blynkctl set V5 ", rig) == set()
    assert bash(f"blynkctl --socket {rig.daemon.socket} watch V51") == {"V51"}
    assert bash(f"blynkctl --socket={rig.daemon.socket} property A") == {"A3"}


def test_bash_does_not_wait_long_nor_run_what_it_is_told(tmp_path):
    """No daemon; one that says nothing; one that names its pins like commands."""
    assert bash("blynkctl get V") == set()
    pins, values = b"*2\r\n$14\r\n$(touch pwned)\r\n$2\r\nV5\r\n", b"*2\r\n$1\r\n1\r\n$1\r\n2\r\n"
    with OddServer(tmp_path / "odd", pins + values) as path:
        assert bash(f"blynkctl -s {path} get ", cwd=tmp_path) == {"V5"}
    assert not (tmp_path / "pwned").exists()
    with OddServer(tmp_path / "silent", b"") as path:
        begin = time.monotonic()
        assert bash(f"blynkctl -s {path} get ") == set()
        assert time.monotonic() - begin < 10


class Terminal:
    """A zsh with nothing of the person's, and blynkctl's completion."""

    def __init__(self, env, folder):
        shutil.copy(COMPLETION / "_blynkctl", folder)
        self.heard = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvpe("zsh", ["zsh", "-f", "-i"], {**env, "PS1": "> ", "COLUMNS": "200"})
        self.type(f"stty cols 200; fpath=({folder} $fpath); autoload -U compinit; compinit -D -u; "
                  "bindkey '^I' complete-word; unsetopt auto_menu; setopt bash_auto_list; "
                  "show() { zle -I; print -r -- \"<$BUFFER>\"; BUFFER=; }; zle -N show; bindkey '^X' show; "
                  "print rea''dy\n")
        self.wait_for("ready\r\n")

    def type(self, text):
        os.write(self.fd, text.encode())

    def wait_for(self, text):
        end = time.monotonic() + 30
        while text not in self.heard:
            assert time.monotonic() < end, f"{text!r} was not shown: {self.heard[-2000:]!r}"
            if select.select([self.fd], [], [], 0.1)[0]:
                shown = os.read(self.fd, 4096).decode(errors="replace")
                self.heard += re.sub("\x1b\\[[0-9;?]*[A-Za-z]|\x1b[=>]|\x1b\\][^\x07]*\x07|\x07", "", shown)
        self.heard = self.heard.split(text, 1)[1]

    def complete(self, line, becomes):
        """Tab at the end of the line; then a key that shows what the line has become, and empties it."""
        self.type(line + "\t\x18")
        self.wait_for(f"<{becomes}>")

    def close(self):
        os.close(self.fd)
        os.waitpid(self.pid, 0)


@pytest.mark.skipif(not shutil.which("zsh"), reason="zsh is not installed: _blynkctl was NOT tried")
def test_zsh(rig, tmp_path):
    with rig.client() as client:
        client.mset({"V5": "1", "V51": "2", "A3": "3"})
    terminal = Terminal(environment(rig), tmp_path)
    try:
        terminal.complete("blynkctl fl", "blynkctl flush ")
        terminal.complete("blynkctl --js", "blynkctl --json ")
        terminal.complete("blynkctl --color al", "blynkctl --color always ")
        terminal.complete("blynkctl trace --r", "blynkctl trace --raw ")
        terminal.complete("blynkctl resolve CODE a", "blynkctl resolve CODE all ")
        terminal.complete("blynkctl config ch", "blynkctl config check ")
        terminal.complete("blynkctl help pro", "blynkctl help property ")
        terminal.complete("blynkctl get V51", "blynkctl get V51 ")
        terminal.complete("blynkctl set a", "blynkctl set A3 ")
        begin = f"blynkctl -s {rig.daemon.socket} watch V5 A"
        terminal.complete(begin, begin + "3 ")
    finally:
        terminal.close()
