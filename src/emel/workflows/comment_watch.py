"""A comment that follows its text while a job goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from emel.errors import ForgeError, ResultsError
from emel.system.clock import Clock
from emel.workflows.comment import Comment, Writer
from emel.workflows.comment_text import CommentText

POLL_SECONDS = 1.0
"""A text that has not changed for so long is taken for finished."""
REST_SECONDS = 10.0
"""Between two updates. GitLab.com takes 60 notes a minute from a user (its documentation, «Rate limits»)."""

State = Mapping[Path, tuple[int, int] | None]
"""File → when it was last written, and its size; None while it is not there."""


def watch_comment(
    open_writer: Callable[[], Writer],
    read: Callable[[], CommentText],
    file: Path,
    *,
    is_over: Callable[[], bool],
    clock: Clock,
    tell: Callable[[str], None],
) -> Comment:
    """Write what is in `file`, at once and after each change of it or of its pictures, until `is_over`.

    What is there at the end is written, whatever happened before. A text that is not there yet, and a server
    that refuses, are waited for, and are errors only at the end: ResultsError, ForgeError.
    """
    paths: tuple[Path, ...] = (file,)
    seen: State = {}
    writer, done = None, None
    next_time = clock.monotonic()
    before = _state(paths)
    while True:
        last, now = is_over(), _state(paths)
        settled = now == before and clock.monotonic() >= next_time
        if now != seen and (last or (settled and now[file] is not None)):
            try:
                text = read()
                if _paths(file, text) != paths:
                    paths = _paths(file, text)
                    before = _state(paths)
                    continue
                writer = writer or open_writer()
                done = writer.write(text)
                seen = now
                tell(f"{'written' if done.created else 'updated'}: {done.url}")
            except (ForgeError, ResultsError) as problem:
                if last:
                    raise
                tell(f"not written yet: {problem}")
            next_time = clock.monotonic() + REST_SECONDS
        if last:
            # Without a text the reading has failed by now.
            assert done is not None
            return done
        before = now
        clock.sleep(POLL_SECONDS)


def _paths(file: Path, text: CommentText) -> tuple[Path, ...]:
    return tuple(dict.fromkeys([file, *(file.parent / each for each in text.names)]))


def _state(paths: Iterable[Path]) -> State:
    return {path: _of(path) for path in paths}


def _of(path: Path) -> tuple[int, int] | None:
    try:
        state = path.stat()
    except (OSError, ValueError):
        return None
    return state.st_mtime_ns, state.st_size
