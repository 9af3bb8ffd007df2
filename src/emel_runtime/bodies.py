"""Bodies that are not plain text: those that a cloud handed over in Base64, and compressed ones."""

from __future__ import annotations

from binascii import a2b_base64

from emel_runtime.contract import MAX_UNPACKED, Refusal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from emel_runtime.contract import Request

SHOWN = 40
MOST_CODINGS = 2
MOST_PARTS = 1000
"""Each part of a gzip file costs as much time as all that follows it is long."""
GZIP = 31
"""What zlib calls gzip with its header and check sum."""


def decoded(request: Request) -> str:
    """The body as text. Errors: Refusal with status 400, 413 or 415."""
    data = _bytes(request)
    codings = request.headers.get("content-encoding", "").split(",")
    if len(codings) > MOST_CODINGS:
        raise Refusal(415, "the body is compressed too often", expected=f"at most {MOST_CODINGS} times")
    for coding in reversed(codings):
        name = coding.strip().lower()
        if name in ("gzip", "x-gzip"):
            data = unpacked(data)
        elif name not in ("", "identity"):
            raise Refusal(415, "send the body plain or as gzip", expected="gzip", got=name[:SHOWN])
    return text(data)


def unpacked(data: bytes) -> bytes:
    """What is in a gzip file of one or more parts. Errors: Refusal with status 400 or 413."""
    # Bodies in Base64 that are not compressed do without.
    import zlib

    parts: list[bytes] = []
    left = MAX_UNPACKED
    while data:
        if len(parts) == MOST_PARTS:
            raise Refusal(413, "send gzip in fewer parts", expected=f"at most {MOST_PARTS} parts")
        part = zlib.decompressobj(GZIP)
        try:
            parts.append(part.decompress(data, left + 1))
        except zlib.error as problem:
            raise Refusal(400, f"the body is not gzip: {problem}") from None
        left -= len(parts[-1])
        if left < 0:
            limit = f"at most {MAX_UNPACKED} bytes, unpacked"
            raise Refusal(413, "send fewer rows at a time", expected=limit)
        if not part.eof:
            raise Refusal(400, "the body is not gzip: it ends too early")
        data = part.unused_data
    return b"".join(parts)


def text(data: bytes) -> str:
    """The bytes as text. Errors: Refusal with status 400."""
    try:
        return str(data, "utf-8-sig")
    except UnicodeDecodeError as problem:
        raise Refusal(
            400, f"the body is not text in UTF-8: {problem.reason} at byte {problem.start}"
        ) from None


def _bytes(request: Request) -> bytes:
    if not request.encoded:
        return request.body.encode("utf-8", "replace")
    try:
        return a2b_base64(request.body, strict_mode=True)
    except ValueError as problem:
        raise Refusal(400, f"the body is not Base64: {problem}") from None
