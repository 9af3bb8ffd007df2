"""A story as a document: what people did, which jobs ran, what the comments said.

What is another one each time (commits, addresses, folders) is written as if it were always the same.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.fakes.jobs import RanPipeline

INTRODUCTION = """\
# A story: three merge requests, a rollback, a reproduction

Two people, a Git server, a runner, and a machine that serves. This page is written by a test that plays the
story with the real programs (git, DVC, emel, the generated pipeline) against an emulator of GitLab, and fails
when it comes out otherwise. Commits, addresses and times are replaced, and comments are shortened; nothing
else is.
"""
ROWS = ("accuracy", "recall", "log_loss")
"""The metrics that are shown of a report."""
MARKS = {
    "success": "passed",
    "warning": "passed with a warning",
    "failed": "**failed**",
    "skipped": "skipped",
}


class Telling:
    """Collects the parts of the document; `repository` is the one whose commits it names."""

    def __init__(self, server: str, repository: Path) -> None:
        self._server = server
        self._repository = repository
        self._parts: list[str] = [INTRODUCTION.strip()]
        self._numbers = 0

    def text(self) -> str:
        """The whole document."""
        return self._masked("\n\n".join(self._parts)) + "\n"

    def title(self, text: str) -> None:
        self._numbers += 1
        self._parts.append(f"## {self._numbers}. {text}")

    def say(self, text: str) -> None:
        self._parts.append(text)

    def commands(self, *lines: str) -> None:
        self.console("\n$ ".join(lines))

    def console(self, command: str, *output: str) -> None:
        lines = "\n".join(line.rstrip() for line in (f"$ {command}", *output))
        self._parts.append(f"```console\n{lines}\n```")

    def pipeline(self, ran: RanPipeline) -> None:
        rows = [f"| {job.name} | {MARKS[job.status]} |" for job in ran.jobs]
        self._parts.append("\n".join(["| job | |", "|---|---|", *rows]))

    def report(self, body: str, *sections: str) -> None:
        """The head of a comment and some of its sections."""
        _, *found = re.split(r"^(?=#{2,3} )", body, flags=re.MULTILINE)
        head = next(part for part in found if part.startswith("## "))
        chosen = [part for part in found if part.removeprefix("### ").splitlines()[0] in sections]
        lines = "\n".join(_shortened(part) for part in (head, *chosen)).splitlines()
        self._parts.append("\n".join(f"> {_heading(line)}".rstrip() for line in lines))

    def _masked(self, text: str) -> str:
        text = re.sub(rf"{re.escape(self._server)}(?!\d)", "https://gitlab.example.com", text)
        text = re.sub(r"http://127\.0\.0\.1:\d+", "http://localhost:8080", text)
        text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "2026-11-22 12:00 UTC", text)
        known: dict[str, str] = {}

        def renamed(found: re.Match[str]) -> str:
            digits = known.setdefault(found[0][:8], f"{len(known) + 1:02x}" * 4)
            return (digits * 5)[: len(found[0])]

        commits = "|".join(rf"{commit[:8]}(?:{commit[8:]})?" for commit in commits_of(self._repository))
        return re.sub(rf"\b(?:{commits})\b", renamed, text)


def commits_of(repository: Path) -> list[str]:
    """The full names of all commits that it ever held, those of removed branches too."""
    command = ["git", "-C", str(repository), "cat-file", "--batch-all-objects", "--batch-check"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [line.split()[0] for line in listed.splitlines() if line.split()[1] == "commit"]


def _heading(line: str) -> str:
    """A comment's headings as words: those of the document are its own."""
    return re.sub(r"^#{2,3} (.*)$", r"**\1**", line)


def _shortened(part: str) -> str:
    """Without what is folded away, rows of other metrics, and all but the errors of an output."""
    part = re.sub(r"<details>.*?</details>\n*", "", part, flags=re.DOTALL)
    output = re.search(r"```text\n(.*?)\n```", part, flags=re.DOTALL)
    if output:
        part = part.replace(output[1], "\n".join(["…", *_last_lines(output[1].splitlines())]))
    rows = [line for line in part.splitlines() if not re.match(r"\| `\w+` [↑↓]", line) or _is_shown(line)]
    return "\n".join(rows).rstrip() + "\n"


def _is_shown(row: str) -> bool:
    return row.split("`")[1] in ROWS


def _last_lines(lines: Sequence[str]) -> list[str]:
    return [line for line in lines if re.match(r"\S*(Error|ERROR)\b", line)]
