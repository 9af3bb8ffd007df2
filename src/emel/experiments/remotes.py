"""DVC remotes on a cloud's object storage: the lines of `.dvc/config`, and the environment that they need.

Sources: dvc.org/doc/user-guide/data-management/remote-storage/amazon-s3 for the keys; documentation of
Yandex Object Storage for endpoint and region. boto3 from 1.36 on sends checksums that other S3 servers
need not know; whether Yandex does is not documented, and MD5 guards the data in any case, so they are
switched off.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

YANDEX_ENDPOINT = "https://storage.yandexcloud.net"
YANDEX_REGION = "ru-central1"
_DEFAULT = re.compile(r"\s*remote\s*=")
CHECKSUMS: Mapping[str, str] = MappingProxyType(
    {
        "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
        "AWS_RESPONSE_CHECKSUM_VALIDATION": "when_required",
    }
)
"""Variables for each job or shell that runs `dvc push` and `dvc pull`; DVC has no key for them. Beside
them it needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: a static key of a service account that has the
role storage.editor."""


def with_yandex_remote(
    config: str, bucket: str, prefix: str, *, endpoint: str = YANDEX_ENDPOINT, name: str = "yandex"
) -> str:
    """The text of `.dvc/config` with a default remote at `s3://bucket/prefix` of Yandex Object Storage.

    A file that has a default remote, or one of this name, comes back as it is.
    """
    lines = config.splitlines()
    section = f"['remote \"{name}\"']"
    if section in lines or any(_DEFAULT.match(line) for line in lines):
        return config
    if "[core]" not in lines:
        lines.append("[core]")
    lines.insert(lines.index("[core]") + 1, f"    remote = {name}")
    lines += [
        section,
        f"    url = s3://{bucket}/{prefix.strip('/')}",
        f"    endpointurl = {endpoint}",
        f"    region = {YANDEX_REGION}",
    ]
    return "\n".join(lines) + "\n"
