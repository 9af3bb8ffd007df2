"""emel.toml → the pipeline in GitLab, written into the repository."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct

from emel import __version__, ci
from emel.ci import existing
from emel.config import Config
from emel.errors import ConfigError
from emel.experiments.definition import Definition, read_definition
from emel.experiments.remotes import CHECKSUMS
from emel.system.files import write_atomic
from emel.workflows.project import Project

DVC_CONFIG = ".dvc/config"
TOML = "emel.toml"


class FileChange(NamedTuple):
    """A file as it is to be. `path` is relative to the repository; `before` is None for a new one."""

    path: str
    before: str | None
    after: str

    @property
    def diff(self) -> str:
        """The change as a unified diff; empty when there is none."""
        old = (self.before or "").splitlines(keepends=True)
        named = "/dev/null" if self.before is None else f"a/{self.path}"
        lines = difflib.unified_diff(old, self.after.splitlines(keepends=True), named, f"b/{self.path}")
        return "".join(lines)


class PipelineFiles(Struct, frozen=True, kw_only=True):
    """What `emel ci` found and did."""

    files: tuple[str, ...]
    """The files that make the pipeline, relative to the repository."""
    changed: tuple[str, ...]
    """Those of them that were written."""


def write_pipeline(project: Project) -> PipelineFiles:
    """Write the pipeline; a second time it changes nothing.

    A `.gitlab-ci.yml` of one's own stays, and includes a file of emel's. Errors: ConfigError, PipelineError.
    """
    root = project.repo().root
    changes = pipeline_changes(project)
    for change in changes:
        if change.diff:
            write_atomic(root / change.path, change.after)
    return _told(changes)


def check_pipeline(project: Project) -> PipelineFiles:
    """Hold the pipeline in the repository against emel.toml. Errors: ConfigError when they differ."""
    changes = pipeline_changes(project)
    for change in changes:
        if change.diff:
            said = "is missing" if change.before is None else "is not what emel.toml says"
            raise ConfigError(
                f"{said}\n{change.diff}", where=change.path, hint="run `emel ci`, and commit it"
            )
    return _told(changes)


def pipeline_changes(project: Project) -> tuple[FileChange, ...]:
    """The files of the pipeline as they are and as they should be. Errors: ConfigError, PipelineError."""
    root = project.repo().root.resolve()
    folder = project.root.resolve().relative_to(root).as_posix()
    definition = read_definition(project.root) or Definition((), ())
    return planned_changes(root, "" if folder == "." else folder, project.config, definition)


def planned_changes(
    root: Path, folder: str, config: Config, definition: Definition, dvc_config: str | None = None
) -> tuple[FileChange, ...]:
    """The same for what may not be written yet. `folder` is the project's below `root`; empty for that.

    `dvc_config` is what .dvc/config is going to be, where it is not that yet.
    """
    spec = spec_of(root / folder, folder, config, definition, dvc_config)
    present = _text(root / existing.FILE)
    if not folder and (present is None or existing.is_ours(present)):
        return (FileChange(existing.FILE, present, ci.as_pipeline(spec)),)
    name = config.model.name
    path = f".gitlab/emel-{name}.yml" if folder else ".gitlab/emel.yml"
    prefix = f"{name}-" if folder else ""
    inside = spec._replace(stage=existing.stage_in(present or ""), prefix=prefix)
    return (
        FileChange(path, _text(root / path), ci.as_include(inside)),
        FileChange(existing.FILE, present, existing.with_include(present or "", path)),
    )


def install_commands(config: Config, folder: str, remote: str = "") -> tuple[str, ...]:
    """What [ci] says, or else: the emel that wrote the pipeline, what DVC needs for its `remote`, and the
    project's libraries."""
    if config.ci.install is not None:
        return config.ci.install
    named = (config.ci.cloud, config.train.machine.cloud)
    of_cloud = list(dict.fromkeys(cloud for cloud in named if cloud in ("yandex", "aws")))
    command = f'pip install --quiet "emel[{",".join(["train", "models", *of_cloud])}]=={__version__}"'
    if "s3://" in remote:
        command += " dvc-s3"
    lock = config.ci.requirements
    return (f"{command} -r {f'{folder}/' if folder else ''}{lock}" if lock else command,)


def spec_of(
    root: Path, folder: str, config: Config, definition: Definition, dvc_config: str | None = None
) -> ci.Spec:
    """The pipeline of a project, whose folder is `root`. Errors: ConfigError."""
    table = config.ci
    machine = config.train.machine
    if machine.cloud and table.runner_tags:
        raise ConfigError(
            "`ci.runner_tags` and `train.machine.cloud` both say who trains",
            where=TOML,
            hint="leave one of them out",
        )
    if table.repeat and not table.commit_results:
        raise ConfigError(
            "`ci.repeat` measures what has to be in Git, and `ci.commit_results` is not on",
            where=TOML,
            hint="set commit_results = true, or measure by hand: emel run --repeat 5",
        )
    remote = dvc_config or _text(root / DVC_CONFIG) or ""
    results = dict.fromkeys(("dvc.lock", *definition.shown, config.model.path, config.model.sample))
    return ci.Spec(
        base=config.compare.base,
        image=table.image,
        install=install_commands(config, folder, remote),
        results=tuple(results),
        lock=table.requirements,
        folder=folder,
        cloud=table.cloud,
        runner_tags=table.runner_tags,
        machine=machine.cloud,
        spot=machine.spot,
        longest=machine.max_lifetime if machine.cloud else None,
        sweeps=bool(config.sweep.set),
        repeat=table.repeat,
        variables=tuple(CHECKSUMS.items()) if config.yandex.storage_endpoint in remote else (),
        gitlab=_version(table.gitlab),
        has_remote='remote "' in remote,
        commits_results=table.commit_results,
        reuses_results=table.reuse_results,
        production=table.production,
        auto_stop_in=table.auto_stop_in,
        schedule=table.schedule,
    )


def _version(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    major, _, minor = text.partition(".")
    return int(major), int(minor)


def _text(file: Path) -> str | None:
    return file.read_text("utf-8") if file.is_file() else None


def _told(changes: tuple[FileChange, ...]) -> PipelineFiles:
    return PipelineFiles(
        files=tuple(change.path for change in changes),
        changed=tuple(change.path for change in changes if change.diff),
    )
