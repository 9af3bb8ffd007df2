"""A comment that follows its text: when it is written, and what happens at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from tests.fakes.clock import ManualClock

from emel.errors import ForgeError, ResultsError
from emel.secrets import Masker
from emel.workflows.comment import Comment, Writer
from emel.workflows.comment_text import CommentText, read_comment
from emel.workflows.comment_watch import REST_SECONDS, watch_comment

Step = Callable[[], object]


class Written:
    """Remembers what was written, and when; fails as often as it is told to."""

    def __init__(self, clock: ManualClock, failures: int = 0) -> None:
        self.texts: list[str] = []
        self.times: list[float] = []
        self._clock = clock
        self._failures = failures

    def write(self, text: CommentText) -> Comment:
        if self._failures:
            self._failures -= 1
            raise ForgeError("GitLab says 502: Bad Gateway")
        self.texts.append(text.text)
        self.times.append(self._clock.monotonic())
        return Comment(url="https://…", created=len(self.texts) == 1, uploaded=0, problems=())


class Watching:
    """A text in a folder, and what happens to it second by second; with the last step the job ends."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "report.md"
        self.picture = folder / "roc.png"
        self.clock = ManualClock()
        self.told: list[str] = []
        self._writes = 0

    def say(self, text: str) -> Step:
        def write() -> None:
            self._writes += 1
            # Sizes differ, so that no clock of a file system decides.
            self.file.write_text(text + " " * self._writes)

        return write

    def run(self, steps: Sequence[Step], failures: int = 0) -> Written:
        written = Written(self.clock, failures)
        left = list(steps)

        def is_over() -> bool:
            if left:
                left.pop(0)()
            return not left

        def opened() -> Writer:
            return written

        watch_comment(opened, self._read, self.file, is_over=is_over, clock=self.clock, tell=self.told.append)
        return written

    def _read(self) -> CommentText:
        return read_comment(self.file, self.file.parent, Masker(), publishing=True)


@pytest.fixture
def watching(tmp_path: Path) -> Watching:
    return Watching(tmp_path)


def nothing() -> None:
    """A second in which nothing happens."""


def texts(written: Written) -> list[str]:
    return [text.strip() for text in written.texts]


def test_what_is_there_is_written_at_once(watching: Watching) -> None:
    watching.say("one")()
    written = watching.run([nothing] * 5)

    assert texts(written) == ["one"]
    assert written.times == [0.0]


def test_a_change_is_written_once_it_has_settled_and_after_a_rest(watching: Watching) -> None:
    watching.say("one")()
    written = watching.run([nothing, watching.say("two"), watching.say("three"), *[nothing] * 20])

    assert texts(written) == ["one", "three"]
    assert written.times == [0.0, REST_SECONDS]


def test_a_text_that_changes_all_the_time_is_not_written_half(watching: Watching) -> None:
    steps = [watching.say(str(number)) for number in range(30)]
    written = watching.run(steps)

    assert texts(written) == ["29"]


def test_a_change_of_a_picture_counts(watching: Watching) -> None:
    watching.say("![roc](roc.png)")()
    drawn = [nothing] * 12 + [lambda: watching.picture.write_bytes(b"png")] + [nothing] * 12

    assert len(watching.run(drawn).texts) == 2


def test_a_text_that_is_not_there_yet_is_waited_for(watching: Watching) -> None:
    written = watching.run([nothing, nothing, watching.say("late"), *[nothing] * 3])

    assert texts(written) == ["late"]
    assert watching.told == ["written: https://…"]


def test_the_last_change_is_written_when_the_job_ends(watching: Watching) -> None:
    watching.say("one")()
    written = watching.run([nothing, nothing, watching.say("last")])

    assert texts(written) == ["one", "last"]


def test_a_refusal_is_told_and_tried_again_later(watching: Watching) -> None:
    watching.say("one")()
    written = watching.run([nothing] * 25, failures=2)

    assert texts(written) == ["one"]
    assert written.times == [2 * REST_SECONDS]
    assert watching.told[:2] == ["not written yet: GitLab says 502: Bad Gateway"] * 2


def test_a_refusal_at_the_end_is_an_error(watching: Watching) -> None:
    watching.say("one")()

    with pytest.raises(ForgeError, match="502"):
        watching.run([nothing] * 3, failures=2)


def test_a_text_that_never_came_is_an_error_at_the_end(watching: Watching) -> None:
    with pytest.raises(ResultsError, match="there is no such file"):
        watching.run([nothing] * 3)
