"""One file of the project as it was at a revision, or a folder of files."""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path

from emel.errors import ResultsError
from emel.experiments.dvc import Dvc, explain
from emel.experiments.tree import WORKSPACE
from emel.gitrepo import GitRepo
from emel.records import Revision
from emel.system.files import write_atomic
from emel.system.process import Process


def fetch(dvc: Dvc, process: Process, path: str, revision: Revision, into: Path) -> Path:
    """Put the file or folder below the folder `into`; see Pipeline.fetch."""
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
    if found is not None:
        write_atomic(target, found)
        return target
    if _folder_at(repo, dvc.root, revision, path, target):
        return target
    digest = _locked_digest(repo, dvc.root, revision, path)
    cached = dvc.cached(digest) if digest else None
    # What `dvc get` would do, without the second that it takes to start; what lies elsewhere goes that way.
    present = dvc.root / path
    if cached and cached.is_file():
        shutil.copyfile(cached, target)
    elif digest and present.is_file() and _md5(present) == digest:
        # A CI job gets the file from the job that trained, and has neither DVC's cache nor its remote.
        shutil.copyfile(present, target)
    else:
        _get(dvc, path, revision, target)
    if digest and _md5(target) != digest:
        target.unlink()
        raise ResultsError(
            f"DVC's copy of the file is damaged at {revision.label}: its digest is not that of dvc.lock",
            where=path,
            hint="delete .dvc/cache, then run `dvc pull`, or `emel run` at that revision",
        )
    return target


def _copy(source: Path, target: Path, path: str) -> Path:
    if source.is_dir():
        return Path(shutil.copytree(source, target))
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


def _folder_at(repo: GitRepo, root: Path, revision: Revision, path: str, target: Path) -> bool:
    """Write the files of a folder that Git has at the revision, if it has one."""
    inside = (root.resolve() / path).relative_to(repo.root.resolve()).as_posix()
    names = repo.files_at(revision.commit, inside)
    for name in names:
        write_atomic(target / Path(name).relative_to(inside), repo.read(revision.commit, name) or b"")
    return bool(names)


def _locked_digest(repo: GitRepo, root: Path, revision: Revision, path: str) -> str | None:
    """The MD5 digest that dvc.lock has for the file. None where it has none, or writes it in another way:
    the file is then trusted as DVC gives it."""
    lock = _at(repo, root, revision, "dvc.lock") or b""
    entry = rf"path: {re.escape(path)}\n +hash: md5\n +md5: ([0-9a-f]{{32}})\n"
    found = re.search(entry, lock.decode("utf-8", "replace"))
    return found[1] if found else None


def _get(dvc: Dvc, path: str, revision: Revision, target: Path) -> None:
    done = dvc.run("get", ".", path, "--rev", revision.commit, "--out", str(target), "--force")
    if done.returncode != 0:
        words = explain(done, "dvc get").message
        raise ResultsError(
            f"the file is neither in Git nor in DVC's cache at {revision.label} ({words})",
            where=path,
            hint=f"run `emel run` at {revision.label}, or fetch its results: dvc pull",
        )


def _md5(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
