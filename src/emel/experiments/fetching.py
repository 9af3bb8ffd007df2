"""One file of the project as it was at a revision."""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path

from emel.errors import ResultsError
from emel.experiments.dvc import Dvc, explain
from emel.experiments.reading import WORKSPACE
from emel.gitrepo import GitRepo
from emel.records import Revision
from emel.system.files import write_atomic
from emel.system.process import Process


def fetch(dvc: Dvc, process: Process, path: str, revision: Revision, into: Path) -> Path:
    """Put the file below the folder `into`; see Pipeline.fetch."""
    if Path(path).is_absolute() or ".." in Path(path).parts:
        raise ResultsError(
            "the file is outside of the project", where=path, hint="write its path relative to emel.toml"
        )
    target = into / path
    target.parent.mkdir(parents=True, exist_ok=True)
    if revision.label == WORKSPACE:
        return _copy(dvc.root / path, target, path)
    repo = GitRepo.discover(dvc.root, process)
    found = _at(repo, dvc.root, revision, path)
    if found is None:
        found = _from_cache(repo, dvc.root, revision, path)
    if found is not None:
        write_atomic(target, found)
        return target
    done = dvc.run("get", ".", path, "--rev", revision.commit, "--out", str(target), "--force")
    if done.returncode != 0:
        words = explain(done, "dvc get").message
        raise ResultsError(
            f"the file is neither in Git nor in DVC's cache at {revision.label} ({words})",
            where=path,
            hint=f"run `emel run` at {revision.label}, or fetch its results: dvc pull",
        )
    return target


def _copy(source: Path, target: Path, path: str) -> Path:
    if not source.is_file():
        raise ResultsError(
            "there is no such file in the working tree",
            where=path,
            hint="run `emel run`, which makes it, or mend the path in emel.toml",
        )
    shutil.copyfile(source, target)
    return target


def _at(repo: GitRepo, root: Path, revision: Revision, path: str) -> bytes | None:
    inside = (root.resolve() / path).relative_to(repo.root.resolve())
    return repo.read(revision.commit, inside.as_posix())


def _from_cache(repo: GitRepo, root: Path, revision: Revision, path: str) -> bytes | None:
    """The short way, which saves the second that `dvc get` takes: dvc.lock names the digest, and the cache
    keeps files under it (https://dvc.org/doc/user-guide/project-structure/internal-files). The digest is
    checked, so whatever this does not find or understand goes the long way."""
    lock = _at(repo, root, revision, "dvc.lock")
    if lock is None:
        return None
    entry = rf"path: {re.escape(path)}\n +hash: md5\n +md5: ([0-9a-f]{{32}})\n"
    digest = re.search(entry, lock.decode("utf-8", "replace"))
    if not digest:
        return None
    file = root / ".dvc/cache/files/md5" / digest[1][:2] / digest[1][2:]
    content = file.read_bytes() if file.is_file() else b""
    return content if hashlib.md5(content, usedforsecurity=False).hexdigest() == digest[1] else None
