from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parents[2] / "golden"


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compares a text with its golden file. `EMEL_UPDATE_GOLDEN=1 pytest …` writes the files anew."""

    def check(name: str, text: str) -> None:
        file = GOLDEN / name
        if os.environ.get("EMEL_UPDATE_GOLDEN"):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
        assert text == file.read_text("utf-8")

    return check
