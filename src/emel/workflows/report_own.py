"""The sections of the report that the user chose, and those that the user wrote."""

from __future__ import annotations

import difflib
import posixpath
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from emel import report as reporting
from emel.config import Config
from emel.errors import ConfigError
from emel.records import OwnSection
from emel.report.blocks import Markdown
from emel.system.files import FileOutsideError, read_below
from emel.workflows.project import Progress, Project

LONGEST_TEXT = 300_000
"""Bytes of a section. A comment of GitLab has room for a million characters."""
LARGEST_PICTURE = 10_000_000
NOT_THERE = "no such file"
LONGEST_COMMAND = 600.0
"""Seconds after which a section's command is ended."""


def chosen_sections(config: Config) -> tuple[str, ...]:
    """The names of the sections in their order. Errors: ConfigError for a name that means nothing or two."""
    own = tuple(section.name for section in config.own_sections())
    for name in own:
        if name in reporting.SECTIONS:
            raise ConfigError(
                f"`section.{name}` has the name of a section that emel writes",
                where="emel.toml",
                hint="give your section another name",
            )
    chosen = config.report.sections
    if chosen is None:
        return reporting.default_sections(own)
    known = (*reporting.SECTIONS, *own)
    for name in chosen:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            meant = f"did you mean `{close[0]}`? " if close else ""
            raise ConfigError(
                f"`report.sections` names `{name}`, which is no section",
                where="emel.toml",
                hint=f"{meant}allowed here: {', '.join(known)}; your own need a table [section.{name}]",
            )
    return chosen


def own_sections(
    project: Project,
    chosen: Sequence[str],
    mask: Callable[[str], str],
    files_at: str | None,
    progress: Progress,
) -> dict[str, tuple[OwnSection, Markdown]]:
    """The user's own sections among the chosen ones.

    `files_at` is where the forge shows the repository's files. What cannot be had does not fail the report:
    that says so in its place, and `progress` too.
    """
    top = project.repo().root
    inside = PurePosixPath(project.root.resolve().relative_to(top.resolve()).as_posix())
    found: dict[str, tuple[OwnSection, Markdown]] = {}
    for section in project.config.own_sections():
        if section.name not in chosen:
            continue
        progress.step(f"reading the section {section.name}")
        text, folder = _text(project, section, top, inside)

        def load(path: str, folder: PurePosixPath = folder) -> bytes | str:
            return _picture(top, inside, folder, path)

        def address(path: str, folder: PurePosixPath = folder) -> str | None:
            plain = posixpath.normpath((folder / path).as_posix())
            return None if files_at is None or plain.startswith("..") else f"{files_at}/{quote(plain)}"

        markdown, problems = reporting.own_section(mask(text), load, address)
        for problem in problems:
            progress.line(f"{section.name}: {problem}")
        found[section.name] = section, markdown
    return found


def _text(
    project: Project, section: OwnSection, top: Path, inside: PurePosixPath
) -> tuple[str, PurePosixPath]:
    """The Markdown, and the folder of the repository from which its paths start."""
    if section.command is not None:
        return _printed(project, section.command), inside
    assert section.file is not None
    content = _read(top, inside / section.file, LONGEST_TEXT)
    if isinstance(content, str):
        return f"*({section.file}: {content})*", inside
    return content.decode("utf-8", "replace"), (inside / section.file).parent


def _printed(project: Project, command: str) -> str:
    try:
        done = project.system.process.run(["sh", "-c", command], cwd=project.root, timeout=LONGEST_COMMAND)
    except TimeoutError as problem:
        return f"*({problem})*"
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()[-1:]
        why = f": {said[0]}" if said else ""
        return f"*(the command ended with exit status {done.returncode}{why})*"
    if len(done.stdout.encode()) > LONGEST_TEXT:
        return f"*(the command printed more than {LONGEST_TEXT:,} bytes)*"
    return done.stdout


def _picture(top: Path, inside: PurePosixPath, folder: PurePosixPath, path: str) -> bytes | str:
    """A picture beside the text; one that is not there is looked for from the folder of emel.toml."""
    beside = _read(top, folder / path, LARGEST_PICTURE)
    if beside != NOT_THERE or folder == inside:
        return beside
    return _read(top, inside / path, LARGEST_PICTURE)


def _read(top: Path, path: PurePosixPath, limit: int) -> bytes | str:
    """A file of the repository, or in words why not."""
    try:
        # From docs/report.md, ../plots/x.png is a file of the repository: dots go before it is opened.
        plain = posixpath.normpath(path.as_posix())
        if ".git" in PurePosixPath(plain).parts:
            return "what Git keeps for itself is not shown"
        return read_below(top, plain, limit=limit)
    except FileOutsideError:
        return "it leads out of the repository, or over a link"
    except FileNotFoundError:
        return NOT_THERE
    except OSError as problem:
        return (problem.strerror or "it cannot be read").lower()
    except ValueError as problem:
        return str(problem).removeprefix(f"{path} ")
