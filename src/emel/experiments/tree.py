"""The files of a project at a revision, without checking anything out."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path, PurePosixPath

from emel.gitrepo import GitRepo
from emel.records import Revision
from emel.system.process import Process

WORKSPACE = "workspace"
"""The label of the working tree, as DVC calls it."""


class Tree:
    """Of a commit what Git keeps, of the working tree (no `revision`) what lies there.

    Names are relative to `root`.
    """

    def __init__(self, root: Path, process: Process, revision: Revision | None = None) -> None:
        self._repo = GitRepo.discover(root, process)
        self._root = root
        self._here = root.resolve().relative_to(self._repo.root.resolve()).as_posix()
        self._commit = revision.commit if revision and revision.label != WORKSPACE else None

    @cached_property
    def names(self) -> list[str]:
        """All files below the root but those that Git ignores, as they were when first asked for."""
        listed = self._repo.files_at(self._commit, self._here) if self._commit else self._repo.files()
        start = "" if self._here == "." else f"{self._here}/"
        return [name.removeprefix(start) for name in listed if name.startswith(start)]

    def has_alone(self, file: str) -> bool:
        """Whether this file is there, at the root, and no other of its name below it."""
        return [name for name in self.names if PurePosixPath(name).name == file] == [file]

    def pointers(self) -> list[str]:
        """DVC's files `data.csv.dvc`, which stand for data."""
        return [name for name in self.names if name.endswith(".dvc") and not name.startswith(".dvc/")]

    def read(self, names: Sequence[str]) -> list[bytes | None]:
        """What the files hold; None for one that is not there."""
        if self._commit is None:
            files = [self._root / name for name in names]
            return [file.read_bytes() if file.is_file() else None for file in files]
        places = [posixpath.normpath(posixpath.join(self._here, name)) for name in names]
        return self._repo.read_all([(self._commit, place) for place in places])
