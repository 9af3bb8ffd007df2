"""Adopt a repository: everything that emel needs in it, as changes to files that can be looked at first."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from emel.ci import existing
from emel.ci.cml import without_cml
from emel.ci.layout import to_yaml
from emel.config import Config, load
from emel.errors import ConfigError
from emel.experiments.definition import FILE as DVC_FILE
from emel.experiments.definition import Definition, parse_definition, read_definition
from emel.experiments.remotes import CHECKSUMS, with_yandex_remote
from emel.gitrepo import GitRepo
from emel.system.files import write_atomic
from emel.workflows.ci import DVC_CONFIG, FileChange, install_commands, planned_changes
from emel.workflows.init_look import Answers, Found, look
from emel.workflows.machine import System

TOML_FILE = "emel.toml"
IGNORED = ("/.emel/", "/.cache/")
DVC_FILES = {
    DVC_CONFIG: "[core]\n    analytics = false\n    check_update = false\n",
    ".dvc/.gitignore": "/config.local\n/tmp\n/cache\n",
}


class Adoption(Struct, frozen=True, kw_only=True):
    """What is to be changed, and what a person should know of it."""

    changed: tuple[str, ...]
    notes: tuple[str, ...]


class InitPlan(NamedTuple):
    """All changes to the repository at `root`, those that change nothing left out."""

    root: Path
    changes: tuple[FileChange, ...]
    notes: tuple[str, ...]

    @property
    def told(self) -> Adoption:
        return Adoption(changed=tuple(change.path for change in self.changes), notes=self.notes)


def plan_init(start: Path, system: System, answers: Answers) -> InitPlan:
    """The changes that make the folder `start` a project of emel. Writes nothing.

    Errors: ConfigError naming the option for what can neither be found nor is told; RepositoryError.
    """
    repo = GitRepo.discover(start, system.process)
    root = repo.root.resolve()
    folder = start.resolve().relative_to(root).as_posix().removeprefix(".")
    found = look(repo, start.resolve(), answers)
    planned: dict[str, str] = {}
    definition = _plan_pipeline(found, start, planned)
    config = _plan_config(found, start, planned, answers)
    of_remote = _plan_remote(start, planned, config, answers)
    kept = [path for path in definition.outputs if path not in definition.shown and path not in found.tracked]
    planned[".gitignore"] = _with_lines(start / ".gitignore", [*IGNORED, *[f"/{path}" for path in kept]])
    changes = [_change(root, folder, path, text) for path, text in planned.items()]
    of_pipeline, notes = _plan_ci(root, folder, config, definition, planned.get(DVC_CONFIG))
    every = tuple(change for change in (*changes, *of_pipeline) if change.diff)
    return InitPlan(root, every, (*found.notes, *of_remote, *notes, *_missing_lock(config)))


def write_init(plan: InitPlan) -> Adoption:
    """Write what was planned; interrupted, the next run plans what is missing."""
    for change in plan.changes:
        write_atomic(plan.root / change.path, change.after)
    return plan.told


def _plan_pipeline(found: Found, start: Path, planned: dict[str, str]) -> Definition:
    known = read_definition(start)
    if known is not None:
        return known
    text = "# A stage runs again when one of its deps or params has changed.\n" + to_yaml(_stages(found))
    planned[DVC_FILE] = text
    for path, content in DVC_FILES.items():
        if not (start / ".dvc").is_dir():
            planned[path] = content
    return parse_definition(text)


def _stages(found: Found) -> dict[str, Any]:
    """One stage that runs the script. What Git keeps already stays in Git."""
    stage: dict[str, Any] = {"cmd": found.command, "deps": [found.script, *found.reads]}
    if found.params:
        stage["params"] = [{path: None} for path in found.params]
    in_git = {"cache": False}
    outs = [path for path in found.outputs if path not in found.pictures]
    stage["outs"] = [{path: in_git} if path in found.tracked else path for path in outs]
    if found.pictures:
        stage["plots"] = [{path: in_git} for path in found.pictures]
    if found.metrics:
        stage["metrics"] = [{path: in_git} for path in found.metrics]
    return {"stages": {"train": stage}}


def _plan_config(found: Found, start: Path, planned: dict[str, str], answers: Answers) -> Config:
    file = start / TOML_FILE
    if file.is_file():
        return load(file)
    model = {"name": found.name, "path": found.model, "sample": found.sample, "target": found.target}
    table = {"cloud": answers.cloud, "requirements": found.requirements, "commit_results": True}
    yandex = _known({"bucket": answers.bucket})
    planned[TOML_FILE] = _toml(model, found.base, table, yandex)
    given = {
        "model": _known(model),
        "compare": {"base": found.base},
        "yandex": yandex,
        "ci": _known(table),
    }
    try:
        return msgspec.convert(given, Config)
    except msgspec.ValidationError as problem:
        raise ConfigError(str(problem), hint="give another by its option, as --name") from problem


def _missing_lock(config: Config) -> tuple[str, ...]:
    if config.ci.requirements or config.ci.install is not None:
        return ()
    return (
        "There is no requirements.txt, so jobs install emel alone. Name what training needs in one, say "
        "by `pip freeze`, and that file under [ci] of emel.toml, as requirements.",
    )


def _plan_remote(start: Path, planned: dict[str, str], config: Config, answers: Answers) -> tuple[str, ...]:
    """A DVC remote on Object Storage, where data and models are for every machine; and what it needs."""
    if answers.bucket is None:
        return ()
    if config.ci.cloud != "yandex":
        raise ConfigError(
            "a bucket is one of Yandex Object Storage", hint="say --to yandex too, or leave --bucket out"
        )
    file = start / DVC_CONFIG
    before = planned.get(DVC_CONFIG) or (file.read_text("utf-8") if file.is_file() else "")
    planned[DVC_CONFIG] = with_yandex_remote(
        before, answers.bucket, config.model.name, endpoint=config.yandex.storage_endpoint
    )
    if f"s3://{answers.bucket}/" in before:
        return ()
    if planned[DVC_CONFIG] == before:
        return (f"{DVC_CONFIG} has a default remote already, which stays.",)
    return (
        "`dvc push` and `dvc pull` need the package dvc-s3, and in AWS_ACCESS_KEY_ID and "
        "AWS_SECRET_ACCESS_KEY a static key of a service account with the role storage.editor.",
        "Jobs have the package; add the key to the project's CI/CD variables, masked.",
        f"In a shell of yours set {' '.join(f'{name}={value}' for name, value in CHECKSUMS.items())}",
    )


def _toml(
    model: Mapping[str, str | bool | None],
    base: str,
    table: Mapping[str, str | bool | None],
    yandex: Mapping[str, str | bool | None],
) -> str:
    parts = [
        "# What emel has to know about this project. Every key: docs/reference/emel-toml.md of emel.",
        "# The model that the pipeline writes, and rows to prove and test its function with.\n[model]\n"
        + _lines(model),
        "# A commit is compared with the last one that it shares with this branch.\n[compare]\n"
        + _lines({"base": base}),
        "# What a model must keep to, by the names of your metrics:\n"
        "# [gate.accuracy]\n# min = 0.9\n# max_drop = 0.02",
        *(["# The project's place in Yandex Cloud.\n[yandex]\n" + _lines(yandex)] if yandex else []),
        "# The pipeline in GitLab, which `emel ci` writes.\n[ci]\n"
        + _lines(table)
        + "\n# reuse_results = true    # what a merge request trained is not trained again after the merge",
    ]
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


def _lines(values: Mapping[str, str | bool | None]) -> str:
    return "\n".join(
        f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in _known(values).items()
    )


def _known(values: Mapping[str, str | bool | None]) -> dict[str, str | bool]:
    return {key: value for key, value in values.items() if value is not None}


def _plan_ci(
    root: Path, folder: str, config: Config, definition: Definition, dvc_config: str | None
) -> tuple[list[FileChange], Sequence[str]]:
    """The pipeline, with `cml` taken out of one that is there."""
    changes = planned_changes(root, folder, config, definition, dvc_config)
    own = next((change for change in changes if change.path == existing.FILE), None)
    if own is None or own.before is None or existing.is_ours(own.before):
        return list(changes), ()
    install = " && ".join(install_commands(config, folder))
    replaced = without_cml(own.after, image=config.ci.image, install=install)
    notes = [f"{existing.FILE}:{line}: emel has no command for this one of cml yet" for line in replaced.left]
    if replaced.text != own.after:
        notes.append("The job that called cml still trains; delete it when emel's own job does what it did.")
    done = FileChange(own.path, own.before, replaced.text)
    return [done if change is own else change for change in changes], notes


def _with_lines(file: Path, wanted: Sequence[str]) -> str:
    text = file.read_text("utf-8") if file.is_file() else ""
    there = {line.strip().strip("/") for line in text.splitlines()}
    missing = [line for line in wanted if line.strip("/") not in there]
    if not missing:
        return text
    return (
        text + ("\n" if text and not text.endswith("\n") else "") + "".join(f"{line}\n" for line in missing)
    )


def _change(root: Path, folder: str, path: str, text: str) -> FileChange:
    whole = f"{folder}/{path}" if folder else path
    file = root / whole
    return FileChange(whole, file.read_text("utf-8") if file.is_file() else None, text)
