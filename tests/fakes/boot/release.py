"""Releases of gitlab-runner as the real ones stand on their server: binaries, a signed list, the key."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path
from typing import NamedTuple

VERSION = "99.1.0"

STUB = """\
#!/bin/sh
# Stands in for gitlab-runner: reads its configuration once, as that does, and notes what it was given.
config=$3
NOTES=${config%/*}/notes
{ echo "arguments $*"; env | sed 's/^/env /'; echo "stdin $(cat)"; } >"$NOTES"
sed 's/^/config /' "$config" >>"$NOTES"
echo "Starting runner for https://gitlab.example.com with token glrt ..."
trap 'echo "Requested exit: terminated"; echo "signal TERM" >>"$NOTES"; exit 0' TERM
"""


class Key(NamedTuple):
    """A key pair in a home of gpg's own."""

    home: Path
    fingerprint: str

    def sign(self, file: Path) -> None:
        """Write the signature of a file beside it."""
        _gpg(self.home, "--yes", "--armor", "--detach-sign", str(file))

    def close(self) -> None:
        """End the agent that gpg has left behind for the key."""
        subprocess.run(["gpgconf", "--homedir", str(self.home), "--kill", "gpg-agent"], check=True)


def new_key(home: Path) -> Key:
    home.mkdir(mode=0o700, parents=True)
    _gpg(home, "--passphrase", "", "--quick-generate-key", "Releases <releases@example.com>", "ed25519")
    listed = _gpg(home, "--with-colons", "--fingerprint")
    fingerprint = next(line.split(":")[9] for line in listed.splitlines() if line.startswith("fpr:"))
    return Key(home, fingerprint)


def put_release(site: Path, key: Key, *, body: str) -> None:
    """A release whose binaries are the stub with `body` at its end."""
    release = site / f"v{VERSION}"
    (release / "binaries").mkdir(parents=True)
    lines = []
    for machine in ("amd64", "arm64"):
        binary = release / "binaries" / f"gitlab-runner-linux-{machine}"
        binary.write_text(STUB + body)
        lines.append(f"{hashlib.sha256(binary.read_bytes()).hexdigest()} *./binaries/{binary.name}\n")
    (release / "release.sha256").write_text("".join(lines))
    key.sign(release / "release.sha256")
    (site / "key.gpg").write_text(_gpg(key.home, "--armor", "--export"))


def _gpg(home: Path, *arguments: str) -> str:
    # The home's path may be longer than the path of a socket can be: gpg then makes it below /run, if it may.
    command = ["gpg", "--batch", "--quiet", "--homedir", str(home), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
    assert done.returncode == 0, done.stderr
    return done.stdout
