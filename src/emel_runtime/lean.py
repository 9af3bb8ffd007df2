"""JSON and SHA-256 by the standard library's own C parts.

`import json` brings `re` and doubles the time from a process's start to its first answer; `hashlib` brings
OpenSSL. Both are thin shells around the modules used here, which cost a tenth of a millisecond. An
interpreter without these parts gets the shells.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class DuplicateKey(ValueError):
    """An object that has a key twice. Which of the values is meant, nobody can tell (RFC 8259, part 4)."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise DuplicateKey(f"the key {dumps(key[:40])} stands twice in one object")
            seen.add(key)
    return found


try:
    import _json
except ImportError:
    import json

    _scan = json.JSONDecoder().scan_once  # type: ignore[attr-defined]
    _scan_strictly = json.JSONDecoder(object_pairs_hook=_object).scan_once  # type: ignore[attr-defined]
    _chunks = json.JSONEncoder(allow_nan=False, separators=(", ", ": ")).iterencode
else:

    class _Grammar:
        """What the scanner asks of a JSONDecoder."""

        strict = True
        object_hook = None
        object_pairs_hook: Any = None
        parse_float = float
        parse_int = int
        parse_constant = {
            "NaN": float("nan"),
            "Infinity": float("inf"),
            "-Infinity": float("-inf"),
        }.__getitem__

    class _Strict(_Grammar):
        """A hook costs time, which the model's own file need not pay."""

        object_pairs_hook = staticmethod(_object)

    _scan = _json.make_scanner(_Grammar)  # type: ignore[arg-type]
    _scan_strictly = _json.make_scanner(_Strict)  # type: ignore[arg-type]
    # Arguments: markers, default, encoder, indent, separators, sort_keys, skipkeys, allow_nan.
    _chunks = _json.make_encoder(  # type: ignore[assignment]
        None,
        None,  # type: ignore[arg-type]
        _json.encode_basestring_ascii,
        None,
        ": ",
        ", ",
        False,
        False,
        False,
    )

try:
    from _sha2 import sha256  # type: ignore[import-not-found]
except ImportError:
    # Python 3.11 has each digest in a module of its own.
    from _sha256 import sha256  # type: ignore[import-not-found]

_SPACE = " \t\n\r"
PIECE = 2**20
"""Bytes of a file that are read at once."""
LARGE = 4 * 2**20
"""Bytes from which on OpenSSL makes up for the milliseconds that it takes to load: it is six times faster."""


def loads(text: str) -> object:
    """The value of a JSON text; NaN and Infinity are read as Python's json does.

    Errors: ValueError that says what was expected where, RecursionError for a text nested too deep.
    """
    return _read(text, _scan)


def loads_strictly(text: str) -> object:
    """As `loads`. Errors: DuplicateKey besides, which is a ValueError."""
    return _read(text, _scan_strictly)


def dumps(value: object) -> str:
    """One line of JSON in ASCII. Errors: ValueError for NaN and Infinity."""
    return "".join(_chunks(value, 0))  # type: ignore[arg-type]


def digest(data: bytes) -> str:
    """`sha256:` and 64 hexadecimal digits."""
    found = _sha256_for(len(data))
    found.update(data)
    return "sha256:" + str(found.hexdigest())


def digest_of_file(path: str) -> str:
    """The same of a file, of which no more than a piece is in memory at a time. Errors: OSError."""
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123
        found = _sha256_for(file.seek(0, 2))
        file.seek(0)
        while piece := file.read(PIECE):
            found.update(piece)
    return "sha256:" + str(found.hexdigest())


def _sha256_for(size: int) -> Any:
    """What digests so many bytes the soonest."""
    if size < LARGE:
        return sha256()
    import hashlib

    return hashlib.sha256()


def _read(text: str, scan: Any) -> object:
    start = len(text) - len(text.lstrip(_SPACE))
    try:
        value, end = scan(text, start)
    except StopIteration as stop:
        raise ValueError(f"expecting a value at character {stop.value}") from None
    except SystemError:
        # Up to Python 3.11 the scanner can only say what is wrong when this module is loaded.
        import json.decoder  # noqa: F401

        value, end = scan(text, start)
    if text[end:].strip(_SPACE):
        raise ValueError(f"expecting the end of the text at character {end}")
    return value
