"""What a repository tells of its training: the script, what it reads and writes, what else is at hand."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import yaml

from emel.errors import ConfigError, RepositoryError
from emel.experiments.definition import read_definition
from emel.experiments.script import Script, read_script
from emel.gitrepo import GitRepo
from emel.workflows.names import function_name

LOCKS = ("requirements.lock", "requirements.txt", "requirements/base.txt")
TABLES = (".csv", ".parquet", ".json", ".pkl")
MODELS = (".joblib", ".pkl", ".pickle", ".skops", ".onnx", ".cbm", ".ubj", ".txt", ".json", ".bin")
PICTURES = (".png", ".svg", ".jpg")
HELD_OUT = re.compile(r"test|sample|valid|holdout|eval", re.IGNORECASE)
LARGEST_SOURCE = 1 << 20


class Answers(NamedTuple):
    """What a user says; None leaves it to what was found."""

    name: str | None = None
    script: str | None = None
    model: str | None = None
    sample: str | None = None
    target: str | None = None
    base: str | None = None
    cloud: str | None = None
    bucket: str | None = None
    requirements: str | None = None


class Found(NamedTuple):
    """A project, as far as its files and its user tell. Paths are relative to its folder."""

    name: str
    base: str
    script: str
    command: str
    reads: tuple[str, ...]
    outputs: tuple[str, ...]
    metrics: tuple[str, ...]
    pictures: tuple[str, ...]
    params: tuple[str, ...]
    model: str
    sample: str
    target: str | None
    requirements: str | None
    tracked: frozenset[str]
    """What of it the last commit has: DVC takes no file that Git keeps."""
    notes: tuple[str, ...]


def look(repo: GitRepo, folder: Path, told: Answers) -> Found:
    """Find out what the user has not told. Errors: ConfigError naming the option to tell it by."""
    files = _files_below(repo, folder)
    if (folder / "emel.toml").is_file() and (folder / "dvc.yaml").is_file():
        return _adopted()
    definition = read_definition(folder)
    mlflow = _mlflow_command(folder)
    script, source = _script(folder, files, told, mlflow, needed=definition is None)
    written = list(definition.outputs) if definition else [*source.models, *source.writes]
    model = told.model or _only(_models(source, written), "model", "the model file that training writes")
    if not any(model == path or model.startswith(f"{path.rstrip('/')}/") for path in written):
        written.insert(0, model)
    if not PurePosixPath(model).suffix:
        # MLflow saves a folder, in which the model of scikit-learn and LightGBM has this name.
        model = f"{model}/model.pkl"
    sample = told.sample or _sample(source, written, files)
    metrics = [path for path in source.metrics if path != sample]
    pictures = [path for path in written if PurePosixPath(path).suffix in PICTURES]
    notes = (
        ["The script has magic commands of a notebook, so it is run by ipython; jobs need that too."]
        if source.needs_ipython
        else []
    )
    params = [path for path in ("params.yaml",) if path in source.reads and path in files]
    return Found(
        name=told.name or _name(repo, folder),
        base=told.base or _base(repo),
        script=script,
        command=mlflow or f"{'ipython' if source.needs_ipython else 'python'} {script}",
        reads=tuple(path for path in source.reads if (folder / path).exists() and path not in params),
        outputs=tuple(path for path in written if path not in metrics),
        metrics=tuple(metrics),
        pictures=tuple(pictures),
        params=tuple(params),
        model=model,
        sample=sample,
        target=told.target or source.target,
        requirements=told.requirements or next((lock for lock in LOCKS if lock in files), None),
        tracked=frozenset(path for path in (*written, *metrics) if _is_tracked(repo, folder, path)),
        notes=tuple(notes),
    )


def scripts_that_train(folder: Path, files: Sequence[str]) -> list[tuple[str, Script]]:
    """Python files that fit something, those first that write a model too."""
    found = []
    for path in files:
        file = folder / path
        if path.endswith(".py") and file.is_file() and file.stat().st_size < LARGEST_SOURCE:
            script = read_script(file.read_text("utf-8", "replace"))
            if script and script.trains and not PurePosixPath(path).name.startswith("test_"):
                found.append((path, script))
    return sorted(found, key=lambda one: not one[1].models)


def _adopted() -> Found:
    """Nothing has to be found out where both files are there."""
    return Found("", "", "", "", (), (), (), (), (), "", "", None, None, frozenset(), ())


def _script(
    folder: Path, files: Sequence[str], told: Answers, command: str | None, *, needed: bool
) -> tuple[str, Script]:
    nothing = Script((), (), (), None, False, False)
    named = told.script or next((word for word in (command or "").split() if word.endswith(".py")), None)
    if named:
        if not (folder / named).is_file():
            raise ConfigError("there is no such script", where=named, hint="name another by --script")
        return named, read_script((folder / named).read_text("utf-8", "replace")) or nothing
    candidates = scripts_that_train(folder, files)
    best = [one for one in candidates if one[1].models] or candidates
    if len(best) == 1:
        return best[0]
    if not needed:
        return "", _together([script for _, script in candidates])
    if not best:
        raise ConfigError(
            "no Python file here fits a model",
            where=str(folder),
            hint="name the script that trains: --script",
        )
    names = ", ".join(path for path, _ in best)
    raise ConfigError(f"several scripts train: {names}", hint="name the one that is meant: --script")


def _together(scripts: Sequence[Script]) -> Script:
    """What several scripts do, where the pipeline says already in which order."""
    targets = {script.target for script in scripts if script.target}
    return Script(
        reads=tuple(path for script in scripts for path in script.reads),
        writes=tuple(path for script in scripts for path in script.writes),
        models=tuple(path for script in scripts for path in script.models),
        target=targets.pop() if len(targets) == 1 else None,
        trains=True,
        needs_ipython=False,
    )


def _models(source: Script, written: Sequence[str]) -> list[str]:
    if source.models:
        return list(dict.fromkeys(source.models))
    likely = [path for path in written if PurePosixPath(path).suffix in MODELS and "model" in path.lower()]
    return likely or [path for path in written if PurePosixPath(path).suffix in MODELS[:7]]


def _only(found: Sequence[str], option: str, what: str) -> str:
    if len(found) == 1:
        return found[0]
    said = f"could be any of {', '.join(found)}" if found else "cannot be found in the sources"
    raise ConfigError(f"{what} {said}", hint=f"name it: --{option}")


def _sample(source: Script, written: Sequence[str], files: Sequence[str]) -> str:
    """Rows that were held out, or else those that the training reads."""
    tables = [path for path in (*written, *source.reads, *files) if PurePosixPath(path).suffix in TABLES[:2]]
    held_out = [path for path in tables if HELD_OUT.search(PurePosixPath(path).name)]
    likely = held_out or [path for path in source.reads if PurePosixPath(path).suffix in TABLES[:2]] or tables
    return _only(list(dict.fromkeys(likely))[:1], "sample", "a table of sample rows (CSV, Parquet)")


def _mlflow_command(folder: Path) -> str | None:
    """The command of an MLflow project's entry point `main`, with the defaults of its parameters.

    https://mlflow.org/docs/latest/ml/projects/
    """
    file = folder / "MLproject"
    if not file.is_file():
        return None
    try:
        content: Any = yaml.safe_load(file.read_text("utf-8"))
        main: Mapping[str, Any] = content["entry_points"]["main"]
        command = str(main["command"])
    except (yaml.YAMLError, KeyError, TypeError) as problem:
        raise ConfigError(
            "has no entry point `main` with a command", where="MLproject", hint="name the script: --script"
        ) from problem
    for name, parameter in (main.get("parameters") or {}).items():
        default = parameter.get("default") if isinstance(parameter, Mapping) else None
        if default is None and f"{{{name}}}" in command:
            raise ConfigError(f"parameter `{name}` has no default", where="MLproject", hint="give it one")
        command = command.replace(f"{{{name}}}", str(default))
    return " ".join(command.split())


def _files_below(repo: GitRepo, folder: Path) -> list[str]:
    inside = folder.relative_to(repo.root.resolve()).as_posix()
    prefix = "" if inside == "." else f"{inside}/"
    return [path.removeprefix(prefix) for path in repo.files() if path.startswith(prefix)]


def _is_tracked(repo: GitRepo, folder: Path, path: str) -> bool:
    inside = (folder / path).relative_to(repo.root.resolve()).as_posix()
    try:
        return repo.read("HEAD", inside) is not None
    except RepositoryError:
        return False


def _name(repo: GitRepo, folder: Path) -> str:
    remote = (repo.remote_url("origin") or "").rstrip("/").removesuffix(".git")
    own = remote.rpartition("/")[2] if folder == repo.root.resolve() else ""
    return function_name(own or folder.name)


def _base(repo: GitRepo) -> str:
    for name in ("main", "master"):
        for spelling in (name, f"origin/{name}"):
            try:
                repo.resolve(spelling)
            except RepositoryError:
                continue
            return name
    return repo.branch() or "main"
