"""What a commit's pipeline reads, as one digest: commits that have the same would make the same results."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from emel.experiments.definition import FILE, parse_definition
from emel.gitrepo import GitRepo


def inputs_digest(repo: GitRepo, below: Path, commit: str) -> str:
    """The digest of dvc.yaml and of all that its stages read from Git, `*.dvc` files for data.

    `below` is the project's folder in the repository. Where a stage reads what Git does not hold, nobody
    knows whether it changed, and the commit stands in for it. Errors: PipelineError for a broken dvc.yaml.
    """
    prefix = "" if str(below) == "." else f"{below.as_posix()}/"
    text = repo.read(commit, f"{prefix}{FILE}")
    if text is None:
        return commit
    files = [name for name in repo.files_at(commit, below.as_posix()) if name.startswith(prefix)]
    chosen = [f"{prefix}{FILE}"]
    for path in parse_definition(text.decode("utf-8", "replace")).inputs:
        name = f"{prefix}{path}".removeprefix("./").rstrip("/")
        found = [one for one in files if one in (name, f"{name}.dvc") or one.startswith(f"{name}/")]
        if not found:
            return commit
        chosen += found
    contents = repo.read_all([(commit, name) for name in chosen])
    digests = {
        name: hashlib.sha256(data or b"").hexdigest() for name, data in zip(chosen, contents, strict=True)
    }
    return hashlib.sha256(json.dumps(digests, sort_keys=True).encode()).hexdigest()
