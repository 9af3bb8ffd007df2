"""A copy of the project that works with the original's DVC cache."""

from __future__ import annotations

from configparser import RawConfigParser
from io import StringIO
from pathlib import Path

from emel.errors import ResultsError
from emel.experiments.dvc import Dvc, explain
from emel.experiments.tree import Tree
from emel.system.files import write_atomic


def cache_folder(dvc: Dvc) -> Path:
    """See Pipeline.cache_folder."""
    done = dvc.run("cache", "dir")
    if done.returncode != 0:
        raise explain(done, "dvc cache dir")
    return dvc.root.resolve() / done.stdout.strip()


def share(dvc: Dvc, original: Path, cache: Path) -> None:
    """See Pipeline.share_cache."""
    lender = Dvc(original, dvc.process).repository / ".dvc" / "config.local"
    config = RawConfigParser(interpolation=None, strict=False)
    if lender.is_file():
        config.read_string(lender.read_text("utf-8"))
    # The lock files and indexes of a copy would stay behind in DVC's folder for the whole machine.
    site = dvc.repository / ".dvc" / "tmp" / "site"
    for section, name, value in (("cache", "dir", cache), ("core", "site_cache_dir", site)):
        if not config.has_section(section):
            config.add_section(section)
        config.set(section, name, str(value))
    text = StringIO()
    config.write(text)
    # It may hold the login of a remote.
    write_atomic(dvc.repository / ".dvc" / "config.local", text.getvalue(), mode=0o600)
    done = dvc.run("checkout", "--allow-missing", "--quiet")
    if done.returncode != 0:
        raise explain(done, "dvc checkout")
    pointers = Tree(dvc.root, dvc.process).pointers()
    missing = [name for name in pointers if not (dvc.root / name.removesuffix(".dvc")).exists()]
    if not missing:
        return
    done = dvc.run("pull", *missing)
    if done.returncode != 0:
        raise ResultsError(
            f"the data are neither in DVC's cache nor in its remote: {explain(done, 'dvc pull').message}",
            where=", ".join(missing),
            hint="fetch them: dvc pull",
        )
