"""The table of emel.toml that says where checkpoints of training are kept."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct


class CheckpointTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where `emel checkpoint` keeps what training has saved on its way."""

    url: Annotated[str, Meta(pattern=r"^(s3://[^/]+|file:///.)")] | None = None
    """`s3://BUCKET/PREFIX`, or `file:///FOLDER` for one that all machines have mounted. Without it the folder
    .emel/checkpoints, which is lost with the machine."""
    endpoint: str | None = None
    """The address of the service of an `s3://` URL. Without it that of Object Storage for the bucket of
    [yandex], and AWS for any other."""
    keep: Annotated[int, Meta(ge=1, le=100)] = 3
    """How many checkpoints are kept of the same work."""
