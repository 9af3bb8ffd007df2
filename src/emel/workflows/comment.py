"""Comments of the user's own Markdown: new ones, and ones that are kept up to date."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from emel.errors import ForgeError, RepositoryError
from emel.forge.sticky import StickyComment
from emel.gitrepo import GitRepo
from emel.records.forges import Note, ReportRun
from emel.secrets import Masker, secret_values
from emel.workflows.comment_text import CommentText, read_comment
from emel.workflows.machine import System
from emel.workflows.review import Review, find_place
from emel.workflows.target import Target, find_target


class Comment(Struct, frozen=True, kw_only=True):
    """What became of a comment."""

    url: str | None
    """Its address; None when GitLab took all of the text for quick actions."""
    created: bool
    uploaded: int
    """How many files were sent."""
    problems: tuple[str, ...]
    """Which files of the text were left out, and why."""


class Writer(Protocol):
    """Writes one comment, again and again."""

    def write(self, text: CommentText) -> Comment:
        """Let the comment say this. Repeated it changes nothing. Errors: ForgeError."""
        ...


def new_comment(
    target: Target | None,
    title: str | None,
    *,
    root: Path,
    system: System,
    env: Mapping[str, str],
    tell: Callable[[str], None],
) -> Writer:
    """What writes a new comment; one with a title is found again by `sticky_comment`.

    Errors: ForgeError, RepositoryError.
    """
    review = find_target(target, find_place(root, system, env), system, env, tell)
    return _New(review) if title is None else _Titled(review, _key(title), is_new=True)


def sticky_comment(
    target: Target | None,
    title: str | None,
    *,
    root: Path,
    system: System,
    env: Mapping[str, str],
    tell: Callable[[str], None],
) -> Writer:
    """What writes the comment of this title, the name of the job if there is none, wherever it stands."""
    place = find_place(root, system, env)
    review = find_target(target, place, system, env, tell)
    return _Titled(review, _key(title or place.job_name or "local"), is_new=False)


def text_source(
    file: Path, *, root: Path, system: System, env: Mapping[str, str], publishing: bool
) -> Callable[[], CommentText]:
    """What reads the text as it is now. Files of the repository around `root` alone are uploaded with it."""
    try:
        top = GitRepo.discover(root, system.process).root
    except RepositoryError:
        # As in a job with GIT_STRATEGY: none.
        top = root
    mask = Masker(secret_values(env))
    return lambda: read_comment(file, top, mask, publishing=publishing)


class _New:
    """A comment of its own, which is ours only as long as we remember its number."""

    def __init__(self, review: Review) -> None:
        self._review = review
        self._note: Note | None = None
        self._uploaded: dict[str, str] = {}
        self._body = ""

    def write(self, text: CommentText) -> Comment:
        notes, on = self._review.forge.notes, self._review.on
        for file in text.uploads():
            if file.digest not in self._uploaded:
                url = self._review.forge.uploads.create(file.file_name, file.content).url
                self._uploaded[file.digest] = url
        body = text.compose(self._uploaded, len(text.text))
        created = self._note is None
        if self._note is None:
            self._note = notes.create(on, body)
        elif body != self._body:
            try:
                self._note = notes.update(on, self._note, body)
            except ForgeError as problem:
                if problem.status not in (403, 404):
                    raise
                # Somebody deleted it while we watched.
                self._note = notes.create(on, body)
        self._body = body
        return Comment(
            url=f"{self._review.url}#note_{self._note.id}" if self._note else None,
            created=created,
            uploaded=len(self._uploaded),
            problems=text.problems,
        )


class _Titled:
    """The comment that bears a title, in a line that nobody sees."""

    def __init__(self, review: Review, key: str, *, is_new: bool) -> None:
        self._review = review
        self._key = key
        self._is_new = is_new

    def write(self, text: CommentText) -> Comment:
        sticky = StickyComment(self._review.forge, self._review.on, self._key)
        if self._is_new:
            done = sticky.add(text.compose, text.uploads(), history=_no_history)
            self._is_new = False
        else:
            done = sticky.publish(text.compose, text.uploads(), history=_no_history)
        return Comment(
            url=f"{self._review.url}#note_{done.note}",
            created=done.created,
            uploaded=done.uploaded,
            problems=text.problems,
        )


def _key(title: str) -> str:
    return f"comment {title}"


def _no_history(_: Sequence[ReportRun]) -> str:
    return ""
