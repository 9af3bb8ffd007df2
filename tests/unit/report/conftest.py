from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parents[2] / "golden"


@pytest.fixture
def golden() -> Callable[[str, str], str]:
    """What the golden file of a text holds. `EMEL_UPDATE_GOLDEN=1 pytest …` writes the text there first."""

    def held(name: str, text: str) -> str:
        file = GOLDEN / name
        if os.environ.get("EMEL_UPDATE_GOLDEN"):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
        return file.read_text("utf-8")

    return held
