"""Pages whose tables are computed: filling them in, and saying whether they are stale."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

GUIDES = Path(__file__).resolve().parents[1] / "docs" / "guides"
BEGIN, END = "<!-- computed: {} -->", "<!-- end -->"


def write_or_check(made: Mapping[Path, str], script: str) -> None:
    """Write the files that are stale; with --check on the command line, only say which, and fail."""
    stale = [path for path, text in made.items() if not path.exists() or path.read_text("utf-8") != text]
    names = ", ".join(path.name for path in stale)
    if "--check" in sys.argv:
        sys.exit(f"out of date, run `python scripts/{script}`: {names}" if stale else 0)
    for path in stale:
        path.write_text(made[path], "utf-8")
    print(f"wrote {names}" if stale else "up to date")


def money(amount: float, currency: str) -> str:
    """12.345 → "12.35 RUB", 1234.5 → "1,234 RUB"."""
    return f"{amount:,.2f} {currency}" if amount < 100 else f"{amount:,.0f} {currency}"


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table as markdown."""
    lines = [headings, ("---",) * len(headings), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def filled(text: str, tables: Mapping[str, str]) -> str:
    """The page with each table between its marks."""
    for name, content in tables.items():
        before, _, rest = text.partition(BEGIN.format(name))
        _, _, after = rest.partition(END)
        text = f"{before}{BEGIN.format(name)}\n\n{content}\n\n{END}{after}"
    return text
