"""What README.md shows is so: its links, its commands, its configuration, its small programs; and its pictures can be
made."""
import os
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest

import harness
from test_clients import npm_modules

README = (harness.ROOT / "README.md").read_text()
SOCKET = "/run/blynkd/blynkd.sock"


@pytest.fixture(scope="module")
def rig():
    yield from harness.rig_for_all("a9")


def blocks(language):
    """The fenced blocks of that language, none: of no language."""
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.M | re.S)  # from fence to fence, in order
    return [text for named, text in fenced if named == language]


def anchor(title):
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def test_links():
    anchors = {anchor(title) for title in re.findall(r"^##+ (.*)$", README, re.M)}
    links = re.findall(r"\]\(([^)]+)\)", README)
    assert len(links) > 15
    for link in links:
        assert link[1:] in anchors if link.startswith("#") else (harness.ROOT / link).exists(), link


def test_paths_of_the_tour():
    """Each path in backquotes that begins with a folder of the tree is there."""
    tops = "|".join(path.name for path in harness.ROOT.iterdir() if path.is_dir() and path.name not in ("build", ".git"))
    paths = re.findall(rf"`((?:{tops})/[^` ]*)", README)
    assert len(paths) > 20
    for path in paths:
        named = path.removesuffix("NAME")
        assert list(harness.ROOT.glob(named.rstrip("/"))), path


def test_commands_are_those_of_blynkctl():
    names = subprocess.run([harness.BUILD / "blynkctl", "help", "--names"], capture_output=True, text=True, check=True)
    known = {line.split("\t")[0] for line in names.stdout.splitlines()}
    used = set(re.findall(r"blynkctl ([a-z]+)\b", README))
    assert len(used) > 10 and used <= known, used - known


def test_the_configuration_is_accepted(tmp_path):
    block = next(block for block in blocks("") if "[pin V5]" in block)
    (tmp_path / "pin").write_text("1234")
    (tmp_path / "pin").chmod(0o600)
    block = block.replace("/etc/blynkd/pin", str(tmp_path / "pin"))
    block = block.replace("user.pi", "user.root").replace("group.sensors", "group.root")
    path = tmp_path / "blynkd.conf"
    path.touch(mode=0o600)
    path.write_text(block)
    done = subprocess.run([harness.BUILD / "blynkd", "--config", path, "--check-config"], capture_output=True, text=True)
    assert done.returncode == 75, done  # complete but for token and access point
    assert len((done.stdout + done.stderr).splitlines()) == 3, done


def test_who_can_encrypt_by_himself():
    listed = subprocess.run([harness.BUILD / "blynkd", "--list-modems"], capture_output=True, text=True, check=True)
    families = ("Quectel LTE", "SIMCom CA", "SIMCom NETOPEN")
    able = {line.split()[0] for line in listed.stdout.splitlines()[1:]
            if re.search(r"\b1\.2\b", line) and any(family in line for family in families)}
    said = re.search(r"\*\*`tls = modem`\*\* is for[^:]*: (.*?)\. It is weaker", README, re.S).group(1)
    assert set(re.findall(r"\b[a-z]+\d\w*", said)) == able


def test_modules_named_in_the_table():
    listed = subprocess.run([harness.BUILD / "blynkd", "--list-modems"], capture_output=True, text=True, check=True).stdout
    table = re.search(r"^\| family.*?\n\n", README, re.M | re.S).group(0)
    modules = re.findall(r"\b(?:A\d+G?|SIM\d+|M\d+|MC\d+E?|BG\d+|EC\d+U?|EG\d+(?:-G|U)?|SARA-R\d|ESP\d+)\b", table)
    assert len(modules) > 28
    for module in modules:
        assert module in listed, module


def shell_lines():
    block = next(block for block in blocks("") if "MSET V1" in block)
    lines = [line.split("  #")[0].strip() for line in block.splitlines()]
    return [line for line in [*lines, "blynkctl set V5 23.4 && blynkctl flush"] if line]


@pytest.mark.parametrize("line", shell_lines())
def test_the_shell_lines(rig, line):
    rig.online()
    line = line.replace(SOCKET, str(rig.daemon.socket)).replace("sensor |", "printf '1\\n2\\n' |")
    env = {**os.environ, "PATH": f"{harness.BUILD}:{os.environ['PATH']}", "BLYNKD_SOCKET": str(rig.daemon.socket)}
    done = subprocess.run(["bash", "-ec", line], env=env, capture_output=True, text=True, timeout=60, check=False,
                          stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done
    assert re.fullmatch(r"\+?(ok|OK)?\s*", done.stdout), done


def play(rig, command, begin, cwd):
    """A program that writes V5 and prints what comes on V7, until it has done both."""
    rig.online()
    path = cwd / "out"
    with open(path, "w+") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, cwd=cwd)
    try:
        begin(path)
        rig.cloud.update("V7", 42)
        harness.wait_until(lambda: re.search("V7 (is now )?42", path.read_text()), f"the message\n{path.read_text()}")
        rig.cloud.wait_for("V5", "23.4")
    finally:
        process.kill()
        process.wait()


def test_the_python_program(rig, tmp_path):
    (tmp_path / "readme.py").write_text(blocks("python")[0].replace(SOCKET, str(rig.daemon.socket)))
    play(rig, [sys.executable, "-u", "readme.py"],
         lambda out: harness.wait_until(lambda: "V7 1" in out.read_text(), "the subscription"), tmp_path)


def test_the_node_program(rig, tmp_path):
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules/ioredis").symlink_to(npm_modules() / "node_modules/ioredis5")
    (tmp_path / "readme.js").write_text(blocks("js")[0].replace(SOCKET, str(rig.daemon.socket)))

    def subscribed():
        with rig.client() as client:
            return client.pubsub_numsub("V7")[0][1] == 1

    play(rig, ["node", "readme.js"], lambda _: harness.wait_until(subscribed, "the subscription"), tmp_path)


def test_the_c_program(tmp_path):
    program = tmp_path / "readme.c"
    program.write_text("#include <blynkd/client.h>\n#include <stdio.h>\nint main(void)\n{\n" + blocks("c")[0] + "}\n")
    subprocess.run(["cc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", f"-I{harness.ROOT}/include", program],
                   check=True)


def test_the_pictures():
    shown = re.findall(r"\]\((doc/screens/\w+\.svg)\)", README)
    assert {pathlib.Path(path).stem for path in shown} == {"demo", "top", "doctor", "status"}
    for path in shown:
        text = (harness.ROOT / path).read_text()
        assert len(list(ElementTree.fromstring(text).iter("{http://www.w3.org/2000/svg}text"))) > 10, path


def picture(screen, *options):
    return subprocess.run([harness.ROOT / "scripts/ansi-to-svg", *options], input=screen, capture_output=True, text=True,
                          check=False)


def test_a_screen_becomes_a_picture():
    screen = "plain \033[1;31mred\033[0m <&>\n\033[7m x \033[27m\033[38;5;208mo\033[39m\033[48;2;1;2;3m \033[m  \n"
    done = picture(screen, "--title", "a < b")
    tree = ElementTree.fromstring(done.stdout)
    cells = [(text.get("x"), text.get("fill"), text.get("font-weight"), text.text)
             for text in tree.iter("{http://www.w3.org/2000/svg}text")]
    assert cells == [("12", "#7a818e", None, "a < b"), ("12", "#d6d9e0", None, "plain"), ("62.4", "#e06c75", "bold", "red"),
                     ("96", "#d6d9e0", None, "<&>"), ("20.4", "#181a20", None, "x"), ("37.2", "#ff8700", None, "o")]
    fills = [rectangle.get("fill") for rectangle in tree.iter("{http://www.w3.org/2000/svg}rect")]
    assert fills == ["#181a20", "#d6d9e0", "#010203"]
    assert picture(screen, "--title", "a < b").stdout == done.stdout


@pytest.mark.parametrize("screen", ["\033[2J", "\033[38;5m", "\033[38;9;1m", "a\tb", "\033[73m"])
def test_what_is_no_drawn_screen_is_refused(screen):
    done = picture(screen)
    assert done.returncode == 1 and done.stderr.startswith("error: ") and not done.stdout, done
