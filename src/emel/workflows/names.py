"""A function's name, made of what its file or project is called."""

from __future__ import annotations

import re
import unicodedata


def function_name(text: str) -> str:
    """What clouds take: `Churn_v2 (new)` is `churn-v2-new`; letters lose their accents, `Überblick` is
    `uberblick`."""
    plain = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    return (words if re.match("[a-z].{2}", words) else f"model-{words}".strip("-"))[:63].strip("-")
