"""Where a live endpoint or a bundle came from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import msgspec

from emel import config
from emel.bundle import open_manifest
from emel.errors import BundleError, EmelError, EndpointError
from emel.experiments import Pipeline
from emel.gitrepo import GitRepo
from emel.records import Origin, Revision, Scalar
from emel.workflows.forged import find_forge
from emel.workflows.machine import System
from emel.workflows.project import Progress

HINT = "name the address of an endpoint of emel, as `emel deploy` prints it, or a bundle's zip"


def inspect(
    folder: Path, system: System, source: str, *, env: Mapping[str, str], progress: Progress
) -> Origin:
    """What an endpoint, or a bundle's zip, says of itself; and of its commit what repository and forge know.

    The folder may be any: what cannot be found out there is told in the answer. Errors:
    EndpointError when nothing of emel answers at the URL; BundleError for a broken zip, or none.
    """
    if source.startswith(("http://", "https://")):
        progress.step(f"asking {source}")
        manifest = _ask(system, source)
    elif (folder / source).exists():
        manifest = open_manifest(folder / source)
    else:
        raise BundleError(
            "this is neither an address with http:// or https:// nor a file", where=source, hint=HINT
        )
    told = _told(source, manifest)
    if told.commit is None:
        return msgspec.structs.replace(told, notes=("it was made of no commit",))
    known = _with_results(folder, system, told, progress)
    return _with_review(folder, system, known, env, progress)


def _ask(system: System, url: str) -> dict[str, Any]:
    """The description that every endpoint gives: at its address, and below it as `/metadata`."""
    parts = urlsplit(url)
    below = urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/metadata"))
    for address in (below, url):
        reply = system.http.request("GET", address, headers={"Accept": "application/json"})
        try:
            found = json.loads(reply.body)
        except ValueError:
            continue
        if reply.status == 200 and isinstance(found, dict) and _is_described(found):
            return found
    raise EndpointError(
        f"what answers there is no endpoint of emel (its last answer: {reply.status})", where=url, hint=HINT
    )


def _is_described(found: dict[str, Any]) -> bool:
    model = found.get("model")
    return isinstance(model, dict) and {"name", "version"} <= model.keys()


def _told(source: str, manifest: Mapping[str, Any]) -> Origin:
    model = manifest["model"]
    return Origin(
        source=source,
        name=str(model["name"]),
        version=str(model["version"]),
        commit=model.get("commit"),
        tier=str(manifest.get("tier")),
        description=str(model.get("description", "")),
        model_digest=model.get("source_digest"),
        sample_digest=manifest.get("sample_digest"),
        libraries=dict(manifest.get("libraries") or {}),
        parity=_scalars(manifest.get("parity")),
        metrics=_scalars(manifest.get("metrics")),
        data={},
        merge_request=None,
    )


def _scalars(values: object) -> dict[str, Scalar]:
    if not isinstance(values, dict):
        return {}
    return {
        str(name): value
        for name, value in values.items()
        if value is None or isinstance(value, str | int | float | bool)
    }


def _with_results(folder: Path, system: System, told: Origin, progress: Progress) -> Origin:
    """With metrics and data of the commit, where this repository has it."""
    assert told.commit is not None
    progress.step(f"reading commit {told.commit[:8]}")
    try:
        commit = GitRepo.discover(folder, system.process).resolve(told.commit)
        pipeline = Pipeline(config.find(folder).parent, system.process)
        snapshot = pipeline.snapshot(Revision(label=commit[:8], commit=commit))
    except EmelError as problem:
        return msgspec.structs.replace(
            told, notes=(*told.notes, f"the data of the commit are not known here: {problem.message}")
        )
    return msgspec.structs.replace(told, metrics=told.metrics or snapshot.metrics, data=snapshot.data)


def _with_review(
    folder: Path, system: System, told: Origin, env: Mapping[str, str], progress: Progress
) -> Origin:
    """With the merge request that brought the commit."""
    assert told.commit is not None
    try:
        there = find_forge(folder, system, env, progress)
        if isinstance(there, str):
            return _noted(told, there)
        found = there.forge.merge_requests.of_commit(told.commit)
    except EmelError as problem:
        return _noted(told, problem.message)
    merged = [request for request in found if request.state == "merged"] or list(found)
    if not merged:
        return _noted(told, "none holds the commit")
    return msgspec.structs.replace(told, merge_request=merged[0].web_url)


def _noted(told: Origin, reason: str) -> Origin:
    return msgspec.structs.replace(told, notes=(*told.notes, f"the merge request is not known: {reason}"))
