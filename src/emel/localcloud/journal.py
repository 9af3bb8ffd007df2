"""The log of each function: what its instances print and what the platform has to say, as JSON lines.

`logs/<function>.jsonl` is the newest part, `logs/<function>.1.jsonl` the one before; older parts are gone.
A line that is a JSON object keeps its fields, with `message` and `level` taken out of it, as Yandex Cloud
Logging does (its documentation, «Structured logs», read November 2026).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from emel.records import LogLevel, LogRecord
from emel.system.clock import Clock

PART_BYTES = 32 * 2**20
_LEVELS: dict[str, LogLevel] = {
    "TRACE": "trace",
    "DEBUG": "debug",
    "INFO": "info",
    "WARN": "warn",
    "WARNING": "warn",
    "ERROR": "error",
    "FATAL": "fatal",
    "CRITICAL": "fatal",
}


class Journal:
    """Collects log records and appends them to the files of their functions when told to."""

    def __init__(self, folder: Path, clock: Clock, part_bytes: int = PART_BYTES) -> None:
        self._folder = folder
        self._clock = clock
        self._part_bytes = part_bytes
        self._pending: dict[str, list[bytes]] = {}

    def output(self, function: str, version: int, instance: str, stream: str, line: bytes) -> None:
        """Take a line that an instance printed."""
        text = line.decode("utf-8", "replace").rstrip()
        if not text:
            return
        fields = _fields(text)
        message = str(fields.pop("message", None) or text)
        assumed: LogLevel = "error" if stream == "stderr" else "info"
        level = _LEVELS.get(str(fields.pop("level", "")).upper(), assumed)
        self._add(function, version, instance, level, message, fields)

    def platform(
        self, function: str, version: int, instance: str, level: LogLevel, message: str, **fields: Any
    ) -> None:
        """Take something that the platform itself has to say."""
        self._add(function, version, instance, level, message, fields)

    def write(self) -> None:
        """Append what was taken since the last time. Errors: OSError; the records are then lost."""
        pending, self._pending = self._pending, {}
        for function, lines in pending.items():
            path = log_file(self._folder, function)
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("ab") as file:
                file.write(b"".join(lines))
                full = file.tell() > self._part_bytes
            if full:
                path.replace(_older(path))

    def _add(
        self,
        function: str,
        version: int,
        instance: str,
        level: LogLevel,
        message: str,
        fields: dict[str, Any],
    ) -> None:
        record = LogRecord(
            time=self._clock.now().isoformat(timespec="milliseconds"),
            level=level,
            message=message,
            function=function,
            version=version,
            instance=instance,
            fields=fields,
        )
        self._pending.setdefault(function, []).append(msgspec.json.encode(record) + b"\n")


def read_log(folder: Path, function: str) -> Iterator[LogRecord]:
    """All records of a function that are kept, oldest first. A line that was cut off is left out."""
    path = log_file(folder, function)
    decoder = msgspec.json.Decoder(LogRecord)
    for part in (_older(path), path):
        if not part.exists():
            continue
        with part.open("rb") as file:
            for line in file:
                try:
                    yield decoder.decode(line)
                except msgspec.DecodeError:
                    continue


def log_file(folder: Path, function: str) -> Path:
    return folder / f"{function}.jsonl"


def _older(path: Path) -> Path:
    return path.with_suffix(".1.jsonl")


def _fields(text: str) -> dict[str, Any]:
    if not text.startswith("{"):
        return {}
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError:
        return {}
