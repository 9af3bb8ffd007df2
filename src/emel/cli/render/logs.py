"""A record of a log, as one line."""

from __future__ import annotations

import msgspec
from rich.text import Text

from emel.records import LogRecord

STYLES = {
    "trace": "dim",
    "debug": "dim",
    "info": "green",
    "warn": "yellow",
    "error": "red",
    "fatal": "bold red",
}


def log_record(record: LogRecord) -> Text:
    """Time, level, version, message, and what else it holds. Control characters are shown, not obeyed."""
    made = Text(overflow="fold")
    made.append(f"{record.time[:10]} {record.time[11:23]} ", style="dim")
    made.append(f"{record.level.upper():<5} ", style=STYLES[record.level])
    made.append(f"v{record.version} ")
    if record.stream == "platform":
        made.append("platform: ", style="bold")
    made.append(_visible(record.message))
    fields = {**({"request_id": record.request_id} if record.request_id else {}), **record.fields}
    for name, value in fields.items():
        made.append(f" {_visible(name)}=", style="dim")
        made.append(_visible(value if isinstance(value, str) else msgspec.json.encode(value).decode()))
    return made


def _visible(text: str) -> str:
    """A function may print what a terminal would take for a command."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )
