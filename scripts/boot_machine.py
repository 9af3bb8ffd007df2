"""Boot the document of a machine that trains for real: by cloud-init and systemd, in a container of theirs.

By hand, as root, on Debian or Ubuntu, with two GB of free memory: `.venv/bin/python scripts/boot_machine.py`.
It takes a minute. The container sees this machine's files under a layer in memory, into which the packages go
that it needs; nothing of this machine is changed, and no network is there but loopback. In the place of
gitlab-runner, its releases and the cloud's metadata service stand those of tests/fakes/boot.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.fakes.boot.release import VERSION, Key, new_key, put_release  # noqa: E402

from emel.runners import BootSettings, machine_boot  # noqa: E402

PACKAGES = ("cloud-init", "nftables", "systemd-sysv", "systemd-container", "dbus")
LONGEST_BOOT = 240.0
"""With version 1 of cgroups, systemd in a container is not told when a unit's last process has gone."""
METADATA = "http://169.254.169.254"
# The container's own devices are not for everyone, and its locales are not those that cloud-init wants.
SITE = """\
[Unit]
DefaultDependencies=no
Before=cloud-init-local.service
[Service]
ExecStartPre=/bin/chmod 666 /dev/null /dev/zero /dev/urandom /dev/random
ExecStartPre=/bin/ip addr add 169.254.169.254/32 dev lo
ExecStartPre=/bin/ip link set lo up
WorkingDirectory=/srv/site
ExecStart=/bin/sh /srv/serve
"""
SERVE = """\
python3 -m http.server --bind 127.0.0.1 8000 &
python3 /srv/gitlab.py &
exec python3 -m http.server --bind 169.254.169.254 80
"""
GITLAB = """\
import http.server
class Exchanges(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        known = self.rfile.read(int(self.headers["Content-Length"])) == b"token=glrt-of-this-test"
        self.send_response(201 if known else 403)
        self.end_headers()
        self.wfile.write(b'{"token": "glrt-another", "token_expires_at": null}')
http.server.HTTPServer(("127.0.0.1", 8001), Exchanges).serve_forever()
"""
DELETED = "the machine is deleted"
EXCHANGED = "the runner has another token"
ASKS = f'grep -q "config token = .glrt-another" "$NOTES" && echo "{EXCHANGED}"\n'
ASKS += f'curl -s -o /dev/null --max-time 3 {METADATA}/token || echo "the job is refused metadata"\n'
WAITS = (
    'mkfifo never; cat never & w=$!; trap "echo the runner is told; kill $w; exit 0" TERM; wait $w; wait $w\n'
)


class Scenario(NamedTuple):
    """What the runner does after it has started, and what the machine's journal then says."""

    name: str
    runner: str
    says: tuple[str, ...]
    max_lifetime: float = 3600
    shut_down: bool = False
    """Whether the cloud shuts the machine down while the runner works."""
    again: bool = False
    """Whether it is started once more, and has to end at once."""


SCENARIOS = (
    Scenario(
        "takes a job, and ends at once when it is started again",
        ASKS,
        ("emel-limit.timer", "uid=", "the job is refused metadata", EXCHANGED, DELETED),
        again=True,
    ),
    Scenario("the runner is killed", "kill -9 $$\n", ("status=9/KILL",)),
    Scenario("its life is over", WAITS, ("the runner is told", DELETED), max_lifetime=60),
    Scenario("the cloud shuts it down", WAITS, ("the runner is told", DELETED), shut_down=True),
)


def main() -> None:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        sys.exit("error: this needs the superuser of a Debian or Ubuntu")
    with container() as (scratch, system):
        key = new_key(scratch / "gpg")
        failed = [scenario.name for scenario in SCENARIOS if not holds(scenario, system, key)]
        key.close()
    if failed:
        sys.exit(f"error: not as it should be: {', '.join(failed)}")


@contextmanager
def container() -> Iterator[tuple[Path, Path]]:
    """A folder in memory, and in it the root of a system with cloud-init that can be booted."""
    scratch = Path(tempfile.mkdtemp(prefix="emel-boot-"))
    system = scratch / "m"
    run("mount", "-t", "tmpfs", "-o", "size=2g", "tmpfs", scratch)
    try:
        for name in ("upper", "work", "m"):
            (scratch / name).mkdir()
        layers = f"lowerdir=/,upperdir={scratch}/upper,workdir={scratch}/work"
        run("mount", "-t", "overlay", "overlay", "-o", layers, system)
        try:
            print("==> Installing cloud-init beside this system")
            install = "mount -t proc proc /proc; apt-get -qq update; apt-get -qq install -y "
            install += f"--no-install-recommends {' '.join(PACKAGES)}; status=$?; umount /proc; exit $status"
            run("chroot", system, "sh", "-c", install, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            _prepare(system)
            yield scratch, system
        finally:
            run("umount", "--lazy", system)
    finally:
        run("umount", "--lazy", scratch)
        scratch.rmdir()


def holds(scenario: Scenario, system: Path, key: Key) -> bool:
    """Boot a machine to its end, and look whether its journal says what it should."""
    _put_document(scenario, system, key)
    journal = system / "var/log/journal"
    for path in (*journal.glob("*"), *(system / "var/lib/cloud").glob("[ids]*")):
        if path.name != "seed":
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    for left in ("home/gitlab-runner/runner", "opt/emel"):
        shutil.rmtree(system / left, ignore_errors=True)
    started = time.monotonic()
    ended = _boot(system, scenario) and (not scenario.again or _boot(system, scenario))
    took = time.monotonic() - started
    read = ["journalctl", "-D", str(journal), "--no-pager", "-o", "cat"]
    said = subprocess.run(read, capture_output=True, text=True).stdout
    lacking = [words for words in scenario.says if words not in said]
    verdict = "ok" if ended and not lacking else "FAILED"
    print(
        f"{verdict:7}{scenario.name}: powered down after {took:.0f} s"
        if ended
        else f"{verdict:7}{scenario.name}"
    )
    for words in lacking:
        print(f"       the journal does not say: {words}")
    return verdict == "ok"


def _prepare(system: Path) -> None:
    (system / "etc/systemd/system/site.service").write_text(SITE)
    (system / "srv/serve").write_text(SERVE)
    (system / "srv/gitlab.py").write_text(GITLAB)
    (system / "var/log/journal").mkdir(exist_ok=True)
    (system / "etc/machine-id").write_text("")
    seed = system / "var/lib/cloud/seed/nocloud"
    seed.mkdir(parents=True)
    (seed / "meta-data").write_text("instance-id: i-1\nlocal-hostname: emel\n")
    (system / "etc/cloud/cloud.cfg.d/99-emel.cfg").write_text("datasource_list: [NoCloud]\n")
    settings = system / "etc/cloud/cloud.cfg"
    settings.write_text(settings.read_text().replace(" - locale\n", ""))
    wants = system / "etc/systemd/system/sysinit.target.wants"
    wants.mkdir(exist_ok=True)
    (wants / "site.service").symlink_to("../site.service")
    # What else this machine would start.
    for unit in (system / "etc/systemd/system/multi-user.target.wants").glob("*"):
        unit.unlink()


def _put_document(scenario: Scenario, system: Path, key: Key) -> None:
    site = system / "srv/site"
    shutil.rmtree(site, ignore_errors=True)
    site.mkdir(parents=True)
    put_release(site, key, body=f"id\n{scenario.runner}")
    (site / "token").write_text("glrt-of-this-test\n")
    settings = BootSettings(
        url="http://127.0.0.1:8001",
        name="emel-test",
        executor="shell",
        max_lifetime=scenario.max_lifetime,
        idle=60,
        runner_version=VERSION,
        downloads="http://127.0.0.1:8000",
        key="http://127.0.0.1:8000/key.gpg",
        key_fingerprint=key.fingerprint,
    )
    document = machine_boot(settings, f"curl -sf {METADATA}/token", f"echo {DELETED}").user_data
    (system / "var/lib/cloud/seed/nocloud/user-data").write_text(document)
    checked = [
        "chroot",
        system,
        "cloud-init",
        "schema",
        "--config-file",
        "/var/lib/cloud/seed/nocloud/user-data",
    ]
    run(*checked, stdout=subprocess.DEVNULL)


def _boot(system: Path, scenario: Scenario) -> bool:
    """Whether the machine powered itself down. One that does not is ended after a while."""
    libraries = ":".join(str(path) for path in (system / "usr/lib").glob("*-linux-gnu*"))
    options = ["--boot", "--register=no", "--keep-unit", "--private-network", "--console=pipe", "--quiet"]
    container = subprocess.Popen(
        [system / "usr/bin/systemd-nspawn", "--directory", system, *options],
        env={**os.environ, "LD_LIBRARY_PATH": libraries, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "0"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        if scenario.shut_down:
            _shut_down(container, system)
        return container.wait(LONGEST_BOOT) == 0
    except subprocess.TimeoutExpired:
        return False
    finally:
        container.kill()
        container.wait()


def _shut_down(container: subprocess.Popen[bytes], system: Path) -> None:
    """Do what the power button does, as soon as the runner works: `systemd(1)`, SIGRTMIN+4."""
    ends = time.monotonic() + LONGEST_BOOT
    while time.monotonic() < ends and not list((system / "home/gitlab-runner/runner").glob("notes")):
        time.sleep(0.2)
    time.sleep(1)
    below = Path(f"/proc/{container.pid}/task/{container.pid}/children").read_text().split()
    os.kill(int(below[0]), signal.SIGRTMIN + 4)


def run(*command: str | Path, **options: int) -> None:
    subprocess.run([str(word) for word in command], check=True, env={**os.environ, "LC_ALL": "C"}, **options)


if __name__ == "__main__":
    main()
