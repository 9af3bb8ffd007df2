"""Names of the files beside a report."""

from __future__ import annotations

import re
from collections.abc import Container


def file_name(text: str, ending: str, taken: Container[str]) -> str:
    """A name made of the text, of small letters, digits and hyphens, that is not taken: `roc-curve.png`."""
    stem = "-".join(re.findall(r"[a-z0-9]+", text.lower()))[:60].strip("-") or "plot"
    name, number = f"{stem}.{ending}", 1
    while name in taken:
        number += 1
        name = f"{stem}-{number}.{ending}"
    return name
