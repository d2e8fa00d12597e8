"""The Debian packages that cpack makes of this build tree, as far as that needs no chroot. The rest, from installing
to purging, is tests/package/check (scripts/package --test)."""
import os
import re
import shutil
import subprocess

import pytest

from harness import BUILD

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NEEDED = ("cpack", "dpkg-deb", "dpkg-shlibdeps", "dpkg-parsechangelog", "file")
MISSING = [tool for tool in NEEDED if not shutil.which(tool)]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")


def run(*command, **options):
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=300,
                            check=False, **options)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("packages")
    # A wide umask must not make anything wider, a narrow one nothing narrower.
    run("cpack", "-G", "DEB", "--config", os.path.join(BUILD, "CPackConfig.cmake"), "-B", folder, cwd=folder,
        umask=0o077)
    found = {path.name.split("_")[0]: path for path in folder.glob("*.deb")}
    assert {"blynkd", "blynksim"} <= set(found)
    return found


def field(package, name):
    return run("dpkg-deb", "-f", package, name).strip()


def listing(package):
    """Path -> (mode, owner)"""
    files = {}
    for line in run("dpkg-deb", "-c", package).splitlines():
        mode, owner, _, _, _, path = line.split(maxsplit=5)
        files[path.split(" -> ")[0].removeprefix(".")] = (mode, owner)
    return files


def test_files_and_modes(packages):
    files = listing(packages["blynkd"])
    assert {owner for _, owner in files.values()} == {"root/root"}
    assert files.pop("/etc/blynkd/blynkd.conf")[0] == "-rw-r-----"
    assert files.pop("/etc/blynkd/")[0] == files.pop("/etc/blynkd/blynkd.conf.d/")[0] == "drwxr-x---"
    assert files["/usr/sbin/blynkd"][0] == "-rwxr-xr-x"
    for path, (mode, _) in files.items():
        program = path.startswith(("/usr/sbin/", "/usr/bin/", "/usr/lib/blynkd/")) or path.endswith("/")
        assert mode[1:] == ("rwxr-xr-x" if program else "rw-r--r--"), path
    for path in ("systemd/system/blynkd.service", "systemd/system/blynkd.socket", "udev/rules.d/61-blynkd.rules",
                 "sysusers.d/blynkd.conf", "tmpfiles.d/blynkd.conf", "modules-load.d/blynkd.conf"):
        assert any(name.endswith("/lib/" + path) for name in files), path
    for page in ("man5/blynkd.conf.5.gz", "man7/blynkd-socket.7.gz", "man8/blynkd.8.gz"):
        assert "/usr/share/man/" + page in files
    assert "/usr/share/doc/blynkd/copyright" in files and "/usr/share/doc/blynkd/changelog.Debian.gz" in files
    assert not any(name.endswith("LICENSE") for name in files)


def test_blynksim_is_apart(packages):
    files, others = listing(packages["blynksim"]), listing(packages["blynkd"])
    assert "/usr/bin/blynksim" in files and "/usr/share/man/man1/blynksim.1.gz" in files
    assert [path for path in files if path in others and not path.endswith("/")] == []
    assert not any(path.startswith(("/etc", "/lib", "/usr/lib")) for path in files)


def test_every_installed_file_is_in_a_package(packages, tmp_path):
    run("cmake", "--install", BUILD, "--prefix", "/usr", env={**os.environ, "DESTDIR": str(tmp_path)})
    packed = {path for package in packages.values() for path in listing(package)}
    for path in tmp_path.rglob("*"):
        name = "/" + str(path.relative_to(tmp_path))
        if path.is_file() and path.name != "LICENSE":
            assert name in packed or name + ".gz" in packed, name


def test_depends_on_what_it_is_linked_with(packages, tmp_path):
    for name, program in (("blynkd", "usr/sbin/blynkd"), ("blynksim", "usr/bin/blynksim")):
        run("dpkg-deb", "-x", packages[name], tmp_path / name)
        depends = re.split(r"[,|] *", field(packages[name], "Depends"))
        depends = {entry.split()[0] for entry in depends}
        assert "adduser" in depends or name != "blynkd"
        needed = re.findall(r"\(NEEDED\).*\[(.*)\]", run("readelf", "-d", tmp_path / name / program))
        assert needed
        linked = re.findall(r"^\s*(\S+) => (/\S+)", run("ldd", tmp_path / name / program), re.M)
        for library, path in linked:
            if library not in needed:
                continue  # a library's own dependency
            owners = {line.split(":")[0] for place in (path, os.path.realpath(path), path.removeprefix("/usr"))
                      for line in subprocess.run(["dpkg-query", "-S", place], capture_output=True, text=True,
                                                 check=False).stdout.splitlines()}
            assert owners & depends, (library, owners, depends)


def test_control(packages, tmp_path):
    run("dpkg-deb", "-e", packages["blynkd"], tmp_path)
    assert (tmp_path / "conffiles").read_text() == "/etc/blynkd/blynkd.conf\n"
    for script in ("postinst", "prerm", "postrm"):
        assert os.access(tmp_path / script, os.X_OK)
        run("sh", "-n", tmp_path / script)
    changelog = run("dpkg-parsechangelog", "-l", os.path.join(SOURCE, "packaging/changelog"), "-S", "Version").strip()
    assert {field(package, "Version") for package in packages.values()} == {changelog}
    assert {field(package, "Architecture") for package in packages.values()} == {
        run("dpkg", "--print-architecture").strip()}


def test_the_scripts_and_sysusers_make_the_same_user():
    with open(os.path.join(SOURCE, "packaging/blynkd/postinst"), encoding="ascii") as file:
        postinst = file.read()
    with open(os.path.join(SOURCE, "systemd/sysusers.conf"), encoding="ascii") as file:
        lines = [line.rstrip("\n") for line in file if not line.startswith("#")]
    user = re.match(r'u (\S+) - "(.*)" (\S+)$', lines[0])
    assert f"--home {user[3]} --gecos '{user[2]}' {user[1]}\n" in postinst
    for line in lines[1:]:
        assert f"adduser --quiet {' '.join(line.split()[1:])}\n" in postinst


@pytest.mark.skipif(not shutil.which("lintian"), reason="lintian is not installed")
def test_lintian(packages):
    root = ["--allow-root"] if os.geteuid() == 0 else []
    found = run("lintian", *root, "--fail-on", "error,warning", "--tag-display-limit", "0", *packages.values())
    assert found == ""
