"""Semantic Versioning 2.0.0 with a `v` in front: parsing and order (https://semver.org, point 11)."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

Bump = Literal["major", "minor", "patch"]

# The expression that semver.org suggests, which is also GTO's.
PATTERN = re.compile(
    r"v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"
    r"(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?"
    r"(?:\+([0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?",
    re.ASCII,
)


class SemVer(NamedTuple):
    """One version. Its fields do not give its order: `rank` does."""

    major: int
    minor: int
    patch: int
    prerelease: str = ""
    build: str = ""

    def __str__(self) -> str:
        text = f"v{self.major}.{self.minor}.{self.patch}"
        if self.prerelease:
            text += f"-{self.prerelease}"
        return f"{text}+{self.build}" if self.build else text

    def rank(self) -> tuple[object, ...]:
        """What to sort by: numbers before words, a release after its pre-releases, builds last."""
        parts = [
            (0, int(part), "") if part.isdigit() else (1, 0, part)
            for part in self.prerelease.split(".")
            if part
        ]
        return (self.major, self.minor, self.patch, not self.prerelease, parts, self.build)

    def next(self, bump: Bump = "minor") -> SemVer:
        """v1.2.3 → v2.0.0, v1.3.0 or v1.2.4.

        A pre-release's next is the release itself, where that is enough: v2.0.0-rc.1 → v2.0.0.
        """
        whole = {"major": (self.minor, self.patch) == (0, 0), "minor": self.patch == 0, "patch": True}
        if self.prerelease and whole[bump]:
            return SemVer(self.major, self.minor, self.patch)
        if bump == "major":
            return SemVer(self.major + 1, 0, 0)
        if bump == "minor":
            return SemVer(self.major, self.minor + 1, 0)
        return SemVer(self.major, self.minor, self.patch + 1)


FIRST = SemVer(1, 0, 0)


def parse(text: str) -> SemVer | None:
    """The version that `v1.2.3` means; None for anything else."""
    match = PATTERN.fullmatch(text)
    if not match:
        return None
    return SemVer(int(match[1]), int(match[2]), int(match[3]), match[4] or "", match[5] or "")
