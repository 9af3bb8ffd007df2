"""What the files themselves tell of a revision is what DVC would tell, or it is asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from tests.fakes.experiments import Experiment
from tests.fakes.repositories import HermeticProcess, commit_files

from emel.experiments import plain, reading
from emel.experiments.dvc import Dvc
from emel.experiments.tree import Tree
from emel.gitrepo import GitRepo
from emel.records import Revision

LOCK = """
schema: '2.0'
stages:
  train:
    cmd: python train.py
    deps:
    - {path: data.csv, hash: md5, md5: 0123456789abcdef0123456789abcdef, size: 4}
    - {path: train.py, md5: 1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a, size: 4}
    outs:
    - {path: model.bin, hash: md5, md5: 2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a, size: 4}
    - {path: parts, hash: md5, md5: 3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a.dir, size: 4, nfiles: 2}
"""
POINTER = "outs:\n- {md5: 4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a, size: 5, hash: md5, path: raw.csv}\n"
METRICS = '{"auc": 0.5, "by": {"a": 1, "none": null, "many": [1, 2], "empty": {}}, "text": "é", "yes": true}'
PARAMS = "lr: 1e-3\nshuffle: yes\nlayers: [8, {units: 3}]\ndeep:\n  er: {depth: 010}\nnone:\nat: 12:30\n"
TRAIN = (
    "cmd: python train.py, deps: [data.csv, train.py, new.csv], "
    "outs: [model.bin, parts, kept.json: {cache: false}]"
)
PLAIN = {
    "metrics of a stage": f"stages: {{train: {{{TRAIN}, metrics: [m.json: {{cache: false}}]}}}}",
    "metrics of the whole": f"stages: {{train: {{{TRAIN}}}}}\nmetrics: [m.json, more.toml]",
    "metrics that are not there": f"stages: {{train: {{{TRAIN}}}}}\nmetrics: [m.json, other.json]",
    "parameters": f"stages: {{train: {{{TRAIN}, params: [lr, deep.er, conf.json: [a.b], more.toml: ]}}}}",
    "files of parameters": f"stages: {{train: {{{TRAIN}}}}}\nparams: [conf.json]",
    "plots": f"stages: {{train: {{{TRAIN}, plots: [roc.json: {{x: a, cache: false}}]}}}}\nplots: [roc.json]",
    "nothing": "stages: {}",
}
ODD = {
    "a template": "stages: {train: {cmd: 'x ${lr}'}}",
    "a loop": "stages: {train: {foreach: [1], do: {cmd: 'x ${item}'}}}",
    "another folder": "stages: {train: {cmd: x, wdir: deep}}",
    "a path that leads out": "stages: {train: {cmd: x, deps: [../data.csv]}}",
    "data of elsewhere": "stages: {train: {cmd: x, deps: ['s3://bucket/data.csv']}}",
    "a parameter that is not there": "stages: {train: {cmd: x, params: [conf.json: [c]]}}",
    "broken metrics": "stages: {train: {cmd: x}}\nmetrics: [broken.json]",
    "values that JSON has not": "stages: {train: {cmd: x, params: [dates.yaml: ]}}",
    "metrics behind a link": "stages: {train: {cmd: x}}\nmetrics: [link.yaml]",
    "parameters behind a link": "stages: {train: {cmd: x, params: [link.yaml: ]}}",
    "no pipeline": "[]",
}
FILES = {
    "params.yaml": PARAMS,
    "conf.json": '{"a": {"b": 1e5, "c": 2}, "d": [1]}',
    "more.toml": "x = 1\n[y]\nz = 'w'\n",
    "m.json": METRICS,
    "roc.json": "[]",
    "broken.json": "{",
    "dates.yaml": "day: 2026-11-22\n",
    "raw/raw.csv.dvc": POINTER,
    "dvc.lock": LOCK,
    ".dvcignore": "# Nothing.\n",
    ".dvc/config": "[core]\n    analytics = false\n    check_update = false\n",
    ".dvc/.gitignore": "/tmp\n",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> tuple[Dvc, dict[str, Revision]]:
    """A project that was written in all these ways, each a commit."""
    folder = tmp_path_factory.mktemp("plain")
    process = HermeticProcess(folder / "home")
    root = folder / "project"
    root.mkdir()
    repo = GitRepo.init(root, process)
    dvc = Dvc(root, process)
    (root / "link.yaml").symlink_to("params.yaml")
    commits = {
        name: commit_files(repo, name, {**FILES, "dvc.yaml": text}) for name, text in (PLAIN | ODD).items()
    }
    return dvc, {name: Revision(label=name, commit=commit) for name, commit in commits.items()}


@pytest.mark.slow
def test_the_files_tell_what_dvc_tells(project: tuple[Dvc, dict[str, Revision]]) -> None:
    dvc, revisions = project

    check_all(dvc, [revisions[name] for name in PLAIN])


@pytest.mark.slow
def test_so_they_do_in_the_working_tree_and_before_the_first_run(history: Experiment) -> None:
    check_all(Dvc(history.root, history.process), [*history.revisions.values(), history.workspace()])


def check_all(dvc: Dvc, revisions: Sequence[Revision]) -> None:
    shown = reading.asked(dvc, [one.commit for one in revisions])
    for revision in revisions:
        told = plain.data(dvc, Tree(dvc.root, dvc.process, revision))
        assert told is not None, revision.label
        entry = shown[reading.key(revision)]
        assert not entry["error"], revision.label
        theirs = entry["data"]
        for kind in ("params", "deps", "outs", "metrics"):
            expected = {path: told_of(entry) for path, entry in theirs[kind].items()}
            assert (revision.label, told[kind]) == (revision.label, expected)


def told_of(entry: dict[str, Any]) -> dict[str, Any]:
    """What emel takes of what DVC says of a file."""
    if entry.get("error"):
        return {"error": {**plain.MISSING["error"], "type": entry["error"]["type"]}}
    return {part: value for part, value in entry.items() if part in ("data", "hash", "use_cache")}


@pytest.mark.parametrize("name", ODD)
def test_dvc_is_asked_of(name: str, project: tuple[Dvc, dict[str, Revision]]) -> None:
    dvc, revisions = project

    assert plain.data(dvc, Tree(dvc.root, dvc.process, revisions[name])) is None
