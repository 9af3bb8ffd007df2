"""The command `emel` as a person starts it: a process of its own, in a home of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

IDENTITY = {
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
}
KEPT = (
    "PATH", "LANG", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy",
)  # fmt: skip
"""What belongs to the machine and its way to the package registry, not to whoever runs the tests."""


def is_kept(name: str) -> bool:
    """Whether a variable of the environment belongs to the machine."""
    return name in KEPT or name.startswith("UV_")


class Emel:
    """Runs commands in a folder, away from the settings and services of whoever runs the tests."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder = folder
        home.mkdir(parents=True, exist_ok=True)
        kept = {name: value for name, value in os.environ.items() if is_kept(name)}
        self.env = {
            **kept,
            **IDENTITY,
            "HOME": str(home),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CEILING_DIRECTORIES": str(folder.parent),
            "DVC_SITE_CACHE_DIR": str(home / "dvc-site"),
        }

    def __call__(self, *arguments: str, timeout: float = 240) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    def start(self, *arguments: str, output: Path) -> subprocess.Popen[bytes]:
        """Start a command with what it prints in a file, as the leader of a session, like a shell's job."""
        with output.open("wb") as file:
            return subprocess.Popen(
                self.command(*arguments),
                cwd=self.folder,
                env=self.env,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def git(self, *arguments: str) -> str:
        """Run git in the folder and return what it prints."""
        return subprocess.run(
            ["git", *arguments], cwd=self.folder, env=self.env, capture_output=True, text=True, check=True
        ).stdout

    @staticmethod
    def command(*arguments: str) -> list[str]:
        return [sys.executable, "-m", "emel", *arguments]


def wait_for(text: str, output: Path, *, within: float) -> bool:
    """Wait until a file holds a text; False when it does not within so many seconds."""
    ends = time.monotonic() + within
    while time.monotonic() < ends:
        if text in output.read_text("utf-8", "replace"):
            return True
        time.sleep(0.05)
    return False


def interrupt(child: subprocess.Popen[bytes], *, within: float = 120) -> int:
    """Send the signal of Ctrl-C to a command alone, and return its exit status."""
    os.kill(child.pid, signal.SIGINT)
    return child.wait(within)


def processes_of(folder: Path) -> list[str]:
    """Command lines of processes that work in a folder, or name it in their command line."""
    return [line for line in _processes(str(folder)) if line]


def _processes(folder: str) -> Iterator[str]:
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            working = str((entry / "cwd").readlink())
        except OSError:
            # It ended while we looked.
            continue
        if folder in line or working.startswith(folder):
            yield line or working
