"""The checkpoints of some work, the newest of which is what it goes on from.

An object's name tells all: `PROJECT/STAGE/INPUTS/TIME-DIGEST.tar`. So no index can be wrong, and an archive
is known to be whole by its name.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import quote, unquote

from emel.checkpoints.packing import pack, unpack
from emel.checkpoints.store import Store, Stored
from emel.errors import CheckpointError
from emel.records import Checkpoint, Work
from emel.system.clock import Clock

_NAME = re.compile(r"([^/]+)/([^/]+)/([0-9a-f]{64})/(\d{8}T\d{6}\.\d{6}Z)-([0-9a-f]{64})\.tar")


class Checkpoints:
    """Saves, restores, lists and removes. Errors of all calls: CheckpointError; OSError."""

    def __init__(self, store: Store, clock: Clock, *, keep: int, tell: Callable[[str], None]) -> None:
        self._store = store
        self._clock = clock
        self._keep = keep
        self._tell = tell

    def save(self, work: Work, root: Path, paths: Sequence[str]) -> Checkpoint | None:
        """Save the files at `paths`, relative to `root`, and remove all but the newest few of this work.

        None when there is nothing there, or when a file was written meanwhile. What the newest checkpoint
        holds already is not sent again.
        """
        with tempfile.TemporaryDirectory(prefix="emel-checkpoint-") as folder:
            archive = Path(folder) / "archive.tar"
            digest = pack(root, paths, archive)
            if digest is None:
                return None
            known = self.list(work)
            if known and known[0].digest == digest:
                return known[0]
            moment = self._clock.now()
            made = Checkpoint(
                work=work,
                saved_at=moment.isoformat(timespec="microseconds"),
                digest=digest,
                bytes=archive.stat().st_size,
            )
            self._store.put(_name(made), archive)
        for old in known[max(0, self._keep - 1) :]:
            self._store.remove(_name(old))
        return made

    def restore(self, work: Work, root: Path) -> Checkpoint | None:
        """Put the newest checkpoint's files back into `root`; a damaged one gives way to the one before it.

        None when there is none. Errors: CheckpointError when all are damaged.
        """
        known = self.list(work)
        for checkpoint in known:
            with tempfile.TemporaryDirectory(prefix="emel-checkpoint-") as folder:
                archive = Path(folder) / "archive.tar"
                self._store.get(_name(checkpoint), archive)
                with archive.open("rb") as file:
                    found = f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
                if found != checkpoint.digest:
                    self._tell(
                        f"the checkpoint of {checkpoint.saved_at} is damaged; taking the one before it"
                    )
                    continue
                unpack(archive, root)
                return checkpoint
        if known:
            raise CheckpointError(
                f"all {len(known)} checkpoints of stage {work.stage} are damaged",
                hint="remove them, and begin anew: emel checkpoint rm",
            )
        return None

    def list(self, work: Work | None = None) -> Sequence[Checkpoint]:
        """The checkpoints of some work, or all that there are; the newest first."""
        found = [_read(stored) for stored in self._store.list(_prefix(work) if work else "")]
        known = [checkpoint for checkpoint in found if checkpoint]
        return sorted(known, key=lambda checkpoint: checkpoint.saved_at, reverse=True)

    def remove(self, checkpoints: Sequence[Checkpoint]) -> None:
        """Forget checkpoints. What is absent is no error."""
        for checkpoint in checkpoints:
            self._store.remove(_name(checkpoint))


def _prefix(work: Work) -> str:
    project, stage = (quote(part, safe="") for part in (work.project, work.stage))
    return f"{project}/{stage}/{work.inputs.removeprefix('sha256:')}/"


def _name(checkpoint: Checkpoint) -> str:
    time = re.sub(r"[-:]", "", checkpoint.saved_at.removesuffix("+00:00"))
    return f"{_prefix(checkpoint.work)}{time}Z-{checkpoint.digest.removeprefix('sha256:')}.tar"


def _read(stored: Stored) -> Checkpoint | None:
    """The checkpoint that an object is; None for what is none of ours."""
    found = _NAME.fullmatch(stored.name)
    if not found:
        return None
    project, stage, inputs, time, digest = found.groups()
    moment = f"{time[:4]}-{time[4:6]}-{time[6:11]}:{time[11:13]}:{time[13:-1]}+00:00"
    work = Work(project=unquote(project), stage=unquote(stage), inputs=f"sha256:{inputs}")
    return Checkpoint(work=work, saved_at=moment, digest=f"sha256:{digest}", bytes=stored.bytes)
