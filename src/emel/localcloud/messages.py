"""The heads of HTTP requests, read strictly, and answers as bytes (RFC 9110, RFC 9112)."""

from __future__ import annotations

import re
import time
from functools import lru_cache
from http import HTTPStatus
from typing import Any, NamedTuple

import msgspec

Headers = list[tuple[str, str]]

MOST_HEADERS = 100
JSON: Headers = [("content-type", "application/json"), ("cache-control", "no-store")]

# A name, a colon, and a value without control characters; white space around the value is not part of it.
_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*?)[ \t]*")
_TARGET = re.compile(r"[!-~]+")
_METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}")
_ALONE = frozenset(("content-length", "transfer-encoding", "host"))
"""Headers of which two would be two opinions."""


class Timeouts:
    """Seconds that a client may take: for its request's head and body, for an answer, between requests,
    and to close after it was refused."""

    HEAD = 10.0
    BODY = 60.0
    WRITE = 60.0
    IDLE = 75.0
    LINGER = 2.0


class Answer(NamedTuple):
    """An HTTP answer. Header names are in lower case, without length and connection, which are added."""

    status: int
    headers: Headers
    body: bytes


class Head(NamedTuple):
    """What stands before the body of a request. Header names are in lower case."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    keeps_alive: bool
    length: int
    """Bytes of the body; 0 when it is chunked."""
    chunked: bool
    expects_continue: bool


class BadRequest(Exception):
    """A request that is refused before anyone looks at what it wants."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title

    def answer(self) -> Answer:
        return problem(self.status, self.title, str(self))


SHORT_HEAD = 2048


def read_head(raw: bytes) -> Head:
    """Read a head, without the empty line at its end. Errors: BadRequest."""
    return _read_short(raw) if len(raw) <= SHORT_HEAD else parse_head(raw.decode("latin-1"))


@lru_cache(maxsize=256)
def _read_short(raw: bytes) -> Head:
    # A client that calls a model again and again sends the same head each time.
    return parse_head(raw.decode("latin-1"))


def parse_head(text: str) -> Head:
    """Read the lines of a head. Errors: BadRequest."""
    first, *lines = text.split("\r\n")
    parts = first.split(" ")
    if len(parts) != 3 or not _METHOD.fullmatch(parts[0]) or not _TARGET.fullmatch(parts[1]):
        raise _bad("the first line is not a method, a target and a version")
    method, target, version = parts
    if version not in ("HTTP/1.1", "HTTP/1.0"):
        raise BadRequest(505, "HTTP Version Not Supported", "use HTTP/1.1")
    if len(lines) > MOST_HEADERS:
        text = f"a request may have {MOST_HEADERS} headers"
        raise BadRequest(431, "Request Header Fields Too Large", text)
    headers: Headers = []
    special: dict[str, str] = {}
    for line in lines:
        found = _HEADER.fullmatch(line)
        if found is None:
            raise _bad("a header is not a name, a colon and a value")
        name = found[1].lower()
        headers.append((name, found[2]))
        if name in _SPECIAL:
            if name in special and name in _ALONE:
                raise _bad(f"the header {name} stands twice")
            special[name] = found[2]
    if "host" not in special and version == "HTTP/1.1":
        raise _bad("the header host is missing")
    length, chunked = _framing(special, version)
    path, _, query = _origin_form(target).partition("?")
    said = special.get("connection", "").lower()
    keeps_alive = "close" not in said if version == "HTTP/1.1" else "keep-alive" in said
    expects = special.get("expect", "").lower() == "100-continue"
    return Head(method, path, query, tuple(headers), keeps_alive, length, chunked, expects)


_SPECIAL = _ALONE | {"connection", "expect"}


def answer_bytes(answer: Answer, *, closing: bool, without_body: bool = False) -> bytes:
    """The answer as it goes over the wire."""
    lines = [_status_line(answer.status), _date(int(time.time()))]
    lines += [f"{name}: {value}\r\n" for name, value in answer.headers]
    if answer.status >= 200 and answer.status not in (204, 304):
        lines.append(f"content-length: {len(answer.body)}\r\n")
    else:
        without_body = True
    lines.append("connection: close\r\n\r\n" if closing else "\r\n")
    head = "".join(lines).encode("latin-1", "replace")
    return head if without_body else head + answer.body


def problem(status: int, title: str, detail: str, **members: Any) -> Answer:
    """An answer of the platform itself, as application/problem+json (RFC 9457)."""
    content = {"type": "about:blank", "title": title, "status": status, "detail": detail, **members}
    headers = [("content-type", "application/problem+json"), ("cache-control", "no-store")]
    return Answer(status, headers, msgspec.json.encode(content))


def _framing(special: dict[str, str], version: str) -> tuple[int, bool]:
    """How long the body is, or whether it comes in chunks."""
    coding = special.get("transfer-encoding")
    length = special.get("content-length")
    if coding is not None:
        if length is not None or version == "HTTP/1.0" or coding.lower() != "chunked":
            raise _bad("a body comes with its length or in chunks, and in no other coding")
        return 0, True
    if length is None:
        return 0, False
    if not (length.isascii() and length.isdigit()) or len(length) > 15:
        raise _bad("content-length is not a number")
    return int(length), False


def _origin_form(target: str) -> str:
    """The target without scheme and host, which a client that takes us for a proxy sends."""
    if target.startswith("/"):
        return target
    scheme, separator, rest = target.partition("://")
    if separator and scheme.lower() in ("http", "https"):
        return "/" + rest.partition("/")[2]
    if target == "*":
        return target
    raise _bad("the target is not a path")


@lru_cache(maxsize=64)
def _status_line(status: int) -> str:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unknown"
    return f"HTTP/1.1 {status} {phrase}\r\n"


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    return time.strftime("date: %a, %d %b %Y %H:%M:%S GMT\r\n", time.gmtime(second))


def _bad(detail: str) -> BadRequest:
    return BadRequest(400, "Bad Request", detail)
