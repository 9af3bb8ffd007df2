"""Progress that nobody watches."""

from __future__ import annotations


class Silence:
    """Keeps what it is told, for tests that look."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.lines: list[str] = []

    def step(self, text: str) -> None:
        self.steps.append(text)

    def line(self, text: str) -> None:
        self.lines.append(text)
