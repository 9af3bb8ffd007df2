"""Training that goes on where it was interrupted: its files saved on the way, and put back at the start."""

from __future__ import annotations

import errno
import os
import shutil
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from emel.checkpoints import Checkpoints, last_change, open_store, set_aside
from emel.errors import CheckpointError
from emel.records import Checkpoint, Work
from emel.runners import NOTICE
from emel.system.foreground import Foreground
from emel.workflows.project import Project

GRACE = 4.0
"""Seconds that a program has to end after a signal; a job's container has ten (Docker's own stop timeout)."""
LOOK = 0.2
"""Seconds between two looks at the program and the clock."""
STAGE_VARIABLE = "DVC_STAGE"
"""How DVC tells a stage's command which stage it is (dvc/env.py)."""

Tell = Callable[[str], None]


class Wanted(NamedTuple):
    """What is saved, and of which work."""

    folder: Path
    """Where the command runs; the paths are relative to it."""
    paths: tuple[str, ...] = ()
    """Files and folders that are saved."""
    command: tuple[str, ...] = ()
    stage: str | None = None
    inputs: tuple[str, ...] = ()
    """Files and folders that decide what the work makes, beside those of its stage and its command."""


def checkpoints_of(project: Project, tell: Tell) -> Checkpoints:
    """The project's checkpoints, where [checkpoint] says. Errors: ConfigError, MissingExtraError."""
    table = project.config.checkpoint
    if not table.url and project.system.env.get("CI"):
        tell("checkpoints are kept in .emel/checkpoints and are lost with this machine: set [checkpoint] url")
    store = open_store(*place_of(project))
    return Checkpoints(store, project.system.clock, keep=table.keep, tell=tell)


def place_of(project: Project) -> tuple[str, str | None]:
    """The URL where checkpoints are kept, and the address of its service where that is not the URL's own."""
    table, yandex = project.config.checkpoint, project.config.yandex
    url = table.url or (project.claim_state() / "checkpoints").resolve().as_uri()
    if table.endpoint is None and yandex.bucket and urlsplit(url).netloc == yandex.bucket:
        return url, yandex.storage_endpoint
    return url, table.endpoint


def work_of(project: Project, wanted: Wanted) -> Work:
    """The work that a checkpoint is of: that of a stage of dvc.yaml, or a command's own.

    Files among the words of a command count with what they hold. Errors: PipelineError for a stage or an
    input that is not there.
    """
    stage = wanted.stage or project.system.env.get(STAGE_VARIABLE)
    scripts = (
        word for word in wanted.command if (wanted.folder / word).is_file() and not word.startswith("/")
    )
    inputs = _inside(project, wanted.folder, (*wanted.inputs, *scripts))
    digest = project.pipeline().digest_of_work(stage, wanted.command, inputs)
    return Work(project=_project(project), stage=stage or "command", inputs=digest)


def save(project: Project, wanted: Wanted, *, tell: Tell) -> Checkpoint:
    """Save the files now. Errors: CheckpointError also when there are none, or one is being written."""
    project.claim_state()
    paths = _inside(project, wanted.folder, wanted.paths)
    made = checkpoints_of(project, tell).save(work_of(project, wanted), project.root, paths)
    if made is None:
        raise CheckpointError(
            f"there is nothing at {', '.join(wanted.paths)}, or it is being written",
            hint="save after the files were written, or let emel do it: emel checkpoint run --help",
        )
    return made


def restore(project: Project, wanted: Wanted, *, tell: Tell) -> Checkpoint | None:
    """Put the newest checkpoint of this work back, over what is there. None when there is none."""
    project.claim_state()
    return checkpoints_of(project, tell).restore(work_of(project, wanted), project.root)


def listed(project: Project, *, tell: Tell) -> Sequence[Checkpoint]:
    """All checkpoints of the project, the newest first."""
    name = _project(project)
    return [one for one in checkpoints_of(project, tell).list() if one.work.project == name]


def remove(project: Project, checkpoints: Sequence[Checkpoint], *, tell: Tell) -> None:
    """Forget checkpoints."""
    checkpoints_of(project, tell).remove(checkpoints)


def run(
    project: Project, wanted: Wanted, *, every: float, settle: float, tell: Tell, grace: float = GRACE
) -> int:
    """Restore the newest checkpoint of this work, run its command, and save on the way; its exit status.

    It is saved every so many seconds, at the cloud's notice that the machine will be taken away, and at the
    end of a command that did not succeed. Files count as written when they are `settle` seconds old. One that
    succeeds has no more need of its checkpoints: they are removed. A store that fails stops no training that
    has begun.

    Errors: CheckpointError, ConfigError, PipelineError before the command begins, and FileNotFoundError when
    there is no such program.
    """
    program_name = wanted.command[0]
    if shutil.which(program_name) is None and not (wanted.folder / program_name).is_file():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), program_name)
    project.claim_state()
    saver = _Saver(project, wanted, settle, tell)
    saver.begin()
    clock = project.system.clock
    due, noticed = clock.monotonic() + every, False
    with Foreground(wanted.command, cwd=wanted.folder) as program:
        while (status := program.wait(LOOK)) is None and program.received is None:
            if not noticed and NOTICE.exists():
                noticed = True
                tell("the cloud will take this machine away; saving")
                saver.save()
            elif clock.monotonic() >= due:
                saver.save()
                due = clock.monotonic() + every
        if status is None:
            status = program.wait(grace)
        return _end(program, status, saver)


class _Saver:
    """Saves the files of one work, and says so; what goes wrong is said too, and tried again later."""

    def __init__(self, project: Project, wanted: Wanted, settle: float, tell: Tell) -> None:
        self.checkpoints = checkpoints_of(project, tell)
        self.work = work_of(project, wanted)
        self.tell = tell
        self._root = project.root
        self._clock = project.system.clock
        self._paths = _inside(project, wanted.folder, wanted.paths)
        self._settle = settle
        self._last: str | None = None

    def begin(self) -> None:
        """Put the files of the newest checkpoint into their places, and nothing else: what is there may be of
        other work, which the program would take for its own."""
        # A store that cannot be reached leaves all as it is.
        self.checkpoints.list(self.work)
        if set_aside(self._root, self._paths):
            self.tell("what was there before is in .emel/set-aside now")
        found = self.checkpoints.restore(self.work, self._root)
        self.tell(
            f"going on from the checkpoint of {found.saved_at[:19].replace('T', ' ')} UTC"
            if found
            else "beginning anew: there is no checkpoint of this work"
        )

    def save(self) -> None:
        """Save what a running program has written."""
        age = self._age()
        if age is not None and age < self._settle:
            self._clock.sleep(self._settle - age)
        self.save_settled()

    def save_settled(self) -> None:
        """The same at once, and not when a file was written just now: it may be half of one."""
        age = self._age()
        if age is None:
            return
        if age < self._settle:
            self.tell("not saved: the files were being written")
            return
        self.save_all()

    def save_all(self) -> None:
        """Save what there is."""
        try:
            made = self.checkpoints.save(self.work, self._root, self._paths)
        except (CheckpointError, OSError) as problem:
            self.tell(f"not saved: {problem}")
            return
        if made and made.digest != self._last:
            self._last = made.digest
            self.tell(f"saved {made.bytes:,} bytes")

    def forget(self) -> None:
        """Remove the checkpoints of work that is done."""
        try:
            done = self.checkpoints.list(self.work)
            self.checkpoints.remove(done)
            self.tell(f"the work is done; {len(done)} checkpoints removed")
        except (CheckpointError, OSError) as problem:
            self.tell(f"checkpoints that are of no more use were not removed: {problem}")

    def _age(self) -> float | None:
        """Seconds since one of the files was written; None when there are none."""
        changed = last_change(self._root, self._paths)
        return None if changed is None else self._clock.now().timestamp() - changed


def _end(program: Foreground, status: int | None, saver: _Saver) -> int:
    """Save what the program left, and return the exit status that a shell would give it."""
    if status is None:
        program.kill()
        status = -signal.SIGKILL
    if status == 0 and program.received is None:
        saver.forget()
        return 0
    if status < 0:
        saver.save_settled()
        return 128 - status
    # What ended by itself has written its files to their end. After a signal it is not done, whatever its
    # status says.
    saver.save_all()
    return status or 128 + (program.received or 0)


def _project(project: Project) -> str:
    return project.system.env.get("CI_PROJECT_PATH") or project.root.resolve().name


def _inside(project: Project, folder: Path, paths: Sequence[str]) -> tuple[str, ...]:
    """Paths relative to a folder, as those relative to the project's."""
    return tuple(os.path.relpath(folder / path, project.root) for path in paths)
