"""Nothing that opens a door may enter a bundle: whoever can read a function's code could take it.

Refused by name are the files that hold secrets by custom, by content the beginnings of private keys and
tokens that are known by their form: see emel.secrets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
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
    found = PATTERN.search(data)
    if found is None or found.lastindex is None:
        return None
    return list(FORMS)[found.lastindex - 1], data.count(b"\n", 0, found.start()) + 1
