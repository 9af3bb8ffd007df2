"""The hidden first line of a sticky comment: what it belongs to, and what its next run wants to know.

    <!-- emel:sticky 1 0123456789abcdef <data> <proof> -->

The line is an HTML comment, which GitLab keeps in the body and does not show. The hexadecimal digits stand
for the comment's key; the data are JSON, packed and written in base64, whose letters cannot end the comment.
The proof is a digest keyed with the token that wrote the comment: who does not have the token can copy it,
and not make it. The number is the version of the data: raise it when older readers would misread them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import zlib

import msgspec
from msgspec import Struct

from emel.records.forges import ReportRun

VERSION = 1
KEPT_RUNS = 10
KEPT_METRICS = 50
"""The most metrics of a run that are kept."""
LARGEST = 1 << 20
"""Bytes of data that are unpacked at most; whoever may edit the comment may have put anything there."""

_UPLOAD = re.compile(r"/uploads/\w+/[\w.-]+")
_LINE = re.compile(r"<!-- emel:sticky (\d+) ([0-9a-f]{16}) ([A-Za-z0-9+/=]*) ([0-9a-f]*) -->")


class Section(Struct, frozen=True, kw_only=True):
    """A part of a comment that another job writes than the rest."""

    text: str
    """As it is shown, with the addresses of its pictures."""
    pipeline: int | None
    images: dict[str, str] = {}
    """As of the state."""


class State(Struct, frozen=True, kw_only=True):
    """What a sticky comment remembers."""

    images: dict[str, str] = {}
    """Digest of a picture that the comment shows → its upload's URL."""
    stale: tuple[str, ...] = ()
    """URLs of uploads that it shows no longer."""
    prunes: bool = True
    """Whether the token may delete uploads, as far as is known."""
    author: int | None = None
    """Who wrote the comment, once a later run has seen it."""
    runs: tuple[ReportRun, ...] = ()
    """The last ones, oldest first."""
    sections: dict[str, Section] = {}
    """By their names, in the order in which they came."""

    def shown_images(self) -> set[str]:
        """The URLs of all pictures in the comment, those of its sections too."""
        both = (self.images, *(section.images for section in self.sections.values()))
        return {url for images in both for url in images.values()}

    def with_run(self, run: ReportRun) -> State:
        """The state after this run. Of a commit that ran more than once the newest pipeline counts."""
        same = [old for old in self.runs if old.commit == run.commit]
        if any((old.pipeline or 0) > (run.pipeline or 0) for old in same):
            return self
        kept = dict(list(run.metrics.items())[:KEPT_METRICS])
        slim = msgspec.structs.replace(run, metrics=kept)
        runs = [*(old for old in self.runs if old.commit != run.commit), slim]
        if run.pipeline:
            runs.sort(key=lambda each: each.pipeline or 0)
        return msgspec.structs.replace(self, runs=tuple(runs[-KEPT_RUNS:]))


class Marker(Struct, frozen=True):
    """A marker that was found in a comment, not yet trusted."""

    key: str
    signed: str
    """What the proof is about."""
    proof: str
    state: State
    """Empty when the data cannot be read."""


def key_digest(key: str) -> str:
    """The key as it stands in markers."""
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def signed_text(place: str, key: str, data: str) -> str:
    """What the proof of a marker is made of: not to be moved to another place."""
    return f"emel:sticky {VERSION} {place} {key_digest(key)} {data}"


def pack(state: State) -> str:
    """The data of a marker."""
    return base64.b64encode(zlib.compress(msgspec.json.encode(state), 9)).decode()


def line(key: str, data: str, proof: str) -> str:
    """The line as it is written."""
    return f"<!-- emel:sticky {VERSION} {key_digest(key)} {data} {proof} -->"


def read(body: str, key: str, place: str) -> Marker | None:
    """The marker with this key at the beginning of a comment; None when there is none."""
    found = _LINE.match(body)
    if found is None or found[2] != key_digest(key):
        return None
    return Marker(key, signed_text(place, key, found[3]), found[4], _unpack(found[1], found[3]))


def _unpack(version: str, data: str) -> State:
    if int(version) != VERSION:
        return State()
    try:
        packed = base64.b64decode(data, validate=True)
        state = msgspec.json.decode(zlib.decompressobj().decompress(packed, LARGEST), type=State)
    except (binascii.Error, zlib.error, msgspec.DecodeError, ValueError):
        return State()
    # Addresses go into the comment as they are, and name what is deleted: so they must be those of uploads.
    sections = {
        name: msgspec.structs.replace(section, images=_uploads(section.images))
        for name, section in state.sections.items()
    }
    return msgspec.structs.replace(
        state,
        images=_uploads(state.images),
        stale=tuple(filter(_UPLOAD.fullmatch, state.stale)),
        sections=sections,
    )


def _uploads(images: dict[str, str]) -> dict[str, str]:
    return {digest: url for digest, url in images.items() if _UPLOAD.fullmatch(url)}
