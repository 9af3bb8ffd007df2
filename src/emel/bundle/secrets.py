"""Nothing that opens a door may enter a bundle: whoever can read a function's code could take it.

Refused by name are the files that hold secrets by custom, by content the beginnings of private keys and
tokens that are known by their form: see emel.secrets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from emel.errors import BundleError
from emel.secrets import FORMS

NAMES = (
    ".env", ".env.*", "*.env", ".git", ".netrc", ".pypirc", ".npmrc", ".pgpass", ".htpasswd", ".aws", ".ssh",
    ".docker", ".kube", ".gnupg", "credentials", "credentials.*", "secrets.*", "id_rsa", "id_dsa", "id_ecdsa",
    "id_ed25519", "*.pem", "*.key", "*.p12", "*.pfx", "*.jks", "*.keystore", "*.kdbx", "authorized_key.json",
)  # fmt: skip
"""Names of files and folders, in small letters."""
HARMLESS = (".env.example", ".env.sample", ".env.template")
KEY = b"-----BEGIN "
TOKEN = b"x" * 20
"""The shortest token that is known by its form is an AWS access key."""
KINDS = bytes(
    ord("x") if chr(code).isalnum() or chr(code) in "_-.=" else ord(" ") for code in range(128)
).ljust(256, b" ")
"""Of each byte, whether tokens have it."""
PATTERN = re.compile("|".join(f"({form})" for form in FORMS.values()).encode())


def refuse_secrets(folder: Path, names: Iterable[str]) -> None:
    """Look at the files `names` below `folder`, paths with slashes.

    Errors: BundleError for the first that is called as secrets are, or holds one. The secret itself is not
    told.
    """
    for name in names:
        if secret_name(name):
            raise BundleError(
                "files of this name hold secrets, and would go into the function",
                where=name,
                hint="leave it out of the function's files, and hand secrets over by the cloud's own store",
            )
        found = secret_in((folder / name).read_bytes())
        if found:
            what, line = found
            raise BundleError(
                f"this holds {what}, and would go into the function",
                where=f"{name}:{line}",
                hint="take it out, and revoke it if the file was ever shared",
            )


def secret_name(path: str) -> bool:
    """Whether a file or a folder above it is called as those with secrets are."""
    parts = [part.lower() for part in PurePosixPath(path).parts]
    return any(fnmatch(part, pattern) for part in parts if part not in HARMLESS for pattern in NAMES)


def secret_in(data: bytes) -> tuple[str, int] | None:
    """What kind of secret the bytes hold, and in which line, if they do."""
    for start, end in _suspects(data):
        found = PATTERN.search(data, start, end)
        if found is not None and found.lastindex is not None:
            return list(FORMS)[found.lastindex - 1], data.count(b"\n", 0, found.start()) + 1
    return None


def _suspects(data: bytes) -> Iterator[tuple[int, int]]:
    """Where a secret may stand: to search a model for all forms takes a second for each 9 MB.

    Either the first line of a key is there, or as many characters of a token in a row as the shortest has.
    """
    start = data.find(KEY)
    if start >= 0:
        yield start, len(data)
    kinds = data.translate(KINDS)
    start = kinds.find(TOKEN)
    while start >= 0:
        end = kinds.find(b" ", start)
        end = len(data) if end < 0 else end
        yield start, end
        start = kinds.find(TOKEN, end)
