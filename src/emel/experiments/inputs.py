"""The data of a copy of the project, by their digests."""

from __future__ import annotations

from pathlib import Path

from emel.errors import ResultsError
from emel.experiments.dvc import Dvc, explain
from emel.experiments.tree import Tree
from emel.system.files import write_atomic

LENDER = "emel-original"


def restore(dvc: Dvc, original: Path) -> None:
    """Put the data that `*.dvc` files name into their places; see Pipeline.restore_inputs.

    The copy has a cache of its own, so that nothing which it makes gets into the original's. A remote of
    DVC's has the same layout as a cache, so the original's cache can stand in for one
    (https://dvc.org/doc/user-guide/project-structure/internal-files).
    """
    lender = Dvc(original, dvc.process)
    known = lender.repository / ".dvc" / "config.local"
    settings = known.read_text("utf-8") if known.is_file() else ""
    pointers = Tree(dvc.root, dvc.process).pointers()
    if pointers:
        cache = original / lender.run("cache", "dir").stdout.strip()
        settings += f"\n['remote \"{LENDER}\"']\n    url = {cache}\n"
    # It may hold the login of a remote.
    write_atomic(dvc.repository / ".dvc" / "config.local", settings, mode=0o600)
    if not pointers:
        return
    if dvc.run("pull", "--remote", LENDER, *pointers).returncode == 0:
        return
    done = dvc.run("pull", *pointers)
    if done.returncode != 0:
        raise ResultsError(
            f"the data are neither in DVC's cache nor in its remote: {explain(done, 'dvc pull').message}",
            where=", ".join(pointers),
            hint="fetch them where they are: dvc pull --all-commits; or push them: dvc push --all-commits",
        )
