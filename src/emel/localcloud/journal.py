"""The log of each function: what its instances print and what the platform has to say, as JSON lines.

A line that is a JSON object keeps its fields, with `message`, `level` and `request_id` taken out of it, as
Yandex Cloud Logging does with the first two (its documentation, «Structured logs», read November 2026).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from emel.localcloud.logfiles import SEGMENT_BYTES, append
from emel.records import LogLevel, LogRecord, LogStream
from emel.system.clock import Clock

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

    def __init__(self, folder: Path, clock: Clock, segment_bytes: int = SEGMENT_BYTES) -> None:
        self._folder = folder
        self._clock = clock
        self._segment_bytes = segment_bytes
        self._pending: dict[str, list[bytes]] = {}

    def output(self, function: str, version: int, instance: str, stream: str, line: bytes) -> None:
        """Take a line that an instance printed to `stream`: stdout or stderr."""
        text = line.decode("utf-8", "replace").rstrip()
        if not text:
            return
        fields = _fields(text)
        message = str(fields.pop("message", None) or text)
        assumed: LogLevel = "error" if stream == "stderr" else "info"
        level = _LEVELS.get(str(fields.pop("level", "")).upper(), assumed)
        written: LogStream = "stderr" if stream == "stderr" else "stdout"
        self._add(function, version, instance, written, level, message, fields)

    def platform(
        self, function: str, version: int, instance: str, level: LogLevel, message: str, **fields: Any
    ) -> None:
        """Take something that the platform itself has to say."""
        self._add(function, version, instance, "platform", level, message, fields)

    def write(self) -> None:
        """Append what was taken since the last time. Errors: OSError; the records are then lost."""
        pending, self._pending = self._pending, {}
        for function, lines in pending.items():
            append(self._folder, function, b"".join(lines), self._segment_bytes)

    def _add(
        self,
        function: str,
        version: int,
        instance: str,
        stream: LogStream,
        level: LogLevel,
        message: str,
        fields: dict[str, Any],
    ) -> None:
        request_id = fields.pop("request_id", None)
        record = LogRecord(
            time=self._clock.now().isoformat(timespec="milliseconds"),
            level=level,
            message=message,
            function=function,
            version=version,
            instance=instance,
            stream=stream,
            request_id=None if request_id is None else str(request_id),
            fields=fields,
        )
        self._pending.setdefault(function, []).append(msgspec.json.encode(record) + b"\n")


def _fields(text: str) -> dict[str, Any]:
    if not text.startswith("{"):
        return {}
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError:
        return {}
