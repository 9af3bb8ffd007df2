"""A project: the folder of emel.toml, what it says, and the doors through which its workflows act."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from emel import config
from emel.config import Config
from emel.errors import ConfigError
from emel.experiments import Pipeline
from emel.gitrepo import GitRepo
from emel.system.files import write_atomic
from emel.workflows.machine import System


class Progress(Protocol):
    """How long work tells what it is doing."""

    def step(self, text: str) -> None:
        """A part of the work begins: "measuring the cold start"."""
        ...

    def line(self, text: str) -> None:
        """A line that a program of the user wrote."""
        ...


class Project(NamedTuple):
    """One emel.toml and what belongs to it."""

    root: Path
    config: Config
    system: System

    @property
    def state(self) -> Path:
        """Where emel keeps bundles, reports and the local platform: `.emel/`."""
        return self.root / ".emel"

    def claim_state(self) -> Path:
        """The same folder, made if it is not there, with a `.gitignore` of its own that hides it from Git."""
        hidden = self.state / ".gitignore"
        if not hidden.is_file():
            write_atomic(hidden, "# What emel keeps here can be made again.\n*\n")
        return self.state

    def repo(self) -> GitRepo:
        """The Git repository around the project. Errors: RepositoryError."""
        return GitRepo.discover(self.root, self.system.process)

    def pipeline(self) -> Pipeline:
        """The project's DVC pipeline."""
        return Pipeline(self.root, self.system.process)


def open_project(
    start: Path,
    system: System,
    *,
    env: Mapping[str, str] | None = None,
    flags: Mapping[str, Any] | None = None,
) -> Project:
    """The project of the folder `start`, or of the nearest folder above that has an emel.toml.

    Errors: ConfigError; RepositoryError when the project lies in no Git repository.
    """
    GitRepo.discover(start, system.process)
    file = config.find(start)
    return Project(file.parent, config.load(file, env=env, flags=flags), system)


def open_folder(
    start: Path,
    system: System,
    *,
    env: Mapping[str, str] | None = None,
    flags: Mapping[str, Any] | None = None,
) -> Project:
    """As `open_project`, where neither an emel.toml nor a repository has to be. Errors: ConfigError."""
    try:
        file = config.find(start)
    except ConfigError:
        return Project(start, config.without_file(env=env, flags=flags), system)
    return Project(file.parent, config.load(file, env=env, flags=flags), system)
