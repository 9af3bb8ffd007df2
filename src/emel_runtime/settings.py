"""What the environment of a function says.

EMEL_API_KEY_SHA256   the SHA-256 of the key that requests must bring, in hexadecimal
EMEL_API_KEY          the key itself, where nobody but the function can read its environment
EMEL_CORS             origins instead of those in the manifest, with commas between
EMEL_BUCKETS          the buckets whose objects the function may read and write beside, with commas between
EMEL_S3_ENDPOINT      where these buckets are; https://storage.yandexcloud.net by default
EMEL_STORAGE          the folder in which mounts are; /function/storage by default, as on Yandex Cloud
"""

from __future__ import annotations

import posix
import sys

STORAGE_VARIABLE = "EMEL_STORAGE"
NAMES = ("EMEL_API_KEY_SHA256", "EMEL_API_KEY", "EMEL_CORS", "EMEL_BUCKETS", "EMEL_S3_ENDPOINT")


def setting(name: str) -> str:
    """A variable of the environment; empty where it is not set.

    A runtime that was started ahead of time sets them later, through `os`, which it has loaded then: what
    `posix` holds is as old as the process. A bare interpreter has no `os`, and loading it is dear.
    """
    loaded = sys.modules.get("os")
    if loaded is not None:
        return str(loaded.environ.get(name, "")).strip()
    return posix.environ.get(name.encode(), b"").decode("utf-8", "replace").strip()


def listed(name: str) -> list[str]:
    """The parts between commas of a variable, without those that are empty."""
    return [part.strip() for part in setting(name).split(",") if part.strip()]
