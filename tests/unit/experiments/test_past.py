"""The metrics of earlier commits, and what is in data files, without DVC."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.fakes.repositories import HermeticProcess, commit_files

from emel.experiments import Pipeline
from emel.gitrepo import GitRepo
from emel.records import DataFacts, Revision, Snapshot


@pytest.fixture
def repo(tmp_path: Path) -> GitRepo:
    root = tmp_path / "project"
    root.mkdir()
    return GitRepo.init(root, HermeticProcess(tmp_path / "home"))


def past(repo: GitRepo, *files: str, inside: str = ".") -> list[tuple[str, dict[str, object]]]:
    """Commits and their metrics, as `Pipeline.past` gives them for HEAD."""
    revision = Revision(label="main", commit=repo.head())
    candidate = Snapshot(revision=revision, metrics={}, params={}, data={}, metric_files=files)
    pipeline = Pipeline(repo.root / inside, HermeticProcess(repo.root.parent / "home"))
    return [(one.revision.commit, one.metrics) for one in pipeline.past(candidate, [revision.commit])]


def test_each_commit_that_changed_the_metrics_is_known_the_newest_first(repo: GitRepo) -> None:
    first = commit_files(repo, "a", {"metrics.json": '{"test": {"auc": 0.5}}'})
    commit_files(repo, "b", {"code.py": "1"})
    third = commit_files(repo, "c", {"metrics.json": '{"test": {"auc": 0.6}}'})

    assert past(repo, "metrics.json") == [(third, {"test.auc": 0.6}), (first, {"test.auc": 0.5})]


def test_tags_on_other_branches_count(repo: GitRepo) -> None:
    first = commit_files(repo, "a", {"metrics.json": '{"auc": 0.5}'})
    repo.switch("other", create=True)
    tagged = commit_files(repo, "b", {"metrics.json": '{"auc": 0.9}'})
    repo.create_tag("churn@v1.0.0", "x", "HEAD")
    repo.switch("main")

    assert sorted(past(repo, "metrics.json")) == sorted([(tagged, {"auc": 0.9}), (first, {"auc": 0.5})])


def test_several_files_have_names_as_in_a_snapshot(repo: GitRepo) -> None:
    commit = commit_files(repo, "a", {"a b.json": '{"auc": 1, "x": 2}', "b.toml": "auc = 3\n"})

    assert past(repo, "a b.json", "b.toml") == [(commit, {"a b.json:auc": 1, "x": 2, "b.toml:auc": 3})]


def test_a_project_below_the_top_of_its_repository_has_its_own_past(repo: GitRepo) -> None:
    commit = commit_files(repo, "a", {"sub/metrics.json": '{"auc": 1}', "metrics.json": '{"auc": 2}'})

    assert past(repo, "metrics.json", inside="sub") == [(commit, {"auc": 1})]


def test_broken_and_unknown_files_have_no_past(repo: GitRepo) -> None:
    commit_files(repo, "a", {"metrics.json": "{", "metrics.yaml": "a: [", "bad.json": b"\xff", "m.csv": "1"})

    assert past(repo, "metrics.json", "metrics.yaml", "bad.json", "m.csv") == []
    assert past(repo) == []


DVC_YAML = """
stages:
  train:
    cmd: x
    metrics: [{metrics.json: {cache: false}}]
  each:
    foreach: [a]
    do: {cmd: x, wdir: deep, metrics: [more.yaml]}
metrics: [own.toml]
"""


def test_the_history_of_a_revision_is_that_of_the_files_that_dvc_yaml_names(repo: GitRepo) -> None:
    metrics = {"metrics.json": '{"auc": 0.5}', "deep/more.yaml": "loss: 1", "own.toml": "f1 = 1\n"}
    first = commit_files(
        repo, "One", {"sub/dvc.yaml": DVC_YAML} | {f"sub/{k}": v for k, v in metrics.items()}
    )
    commit_files(repo, "Code", {"sub/code.py": "1"})
    second = commit_files(repo, "Two\n\nMore.", {"sub/metrics.json": '{"auc": 0.6}'})
    commit_files(repo, "Broken", {"sub/metrics.json": "{", "sub/deep/more.yaml": "", "sub/own.toml": ""})
    pipeline = Pipeline(repo.root / "sub", HermeticProcess(repo.root.parent / "home"))

    found = pipeline.history("HEAD", limit=10)
    assert [(entry.commit, entry.subject, entry.metrics) for entry in found] == [
        (second, "Two", {"auc": 0.6, "loss": 1, "f1": 1}),
        (first, "One", {"auc": 0.5, "loss": 1, "f1": 1}),
    ]
    assert [entry.commit for entry in pipeline.history(first, limit=10)] == [first]
    assert [entry.commit for entry in pipeline.history(second, limit=1)] == [second]


CSV = 'id,name\n1,"a\nb"\n2,c\n\n'


@pytest.mark.parametrize(
    ("path", "content", "rows", "columns"),
    [
        ("a.csv", CSV, 2, ("id", "name")),
        ("a.tsv", "id\tname\n1\ta,b\n", 1, ("id", "name")),
        ("a.csv", "", 0, None),
        ("a.jsonl", '{"a": 1}\n\n{"a": 2}', 2, None),
        ("a.csv", "\ufeffid\n1\n", 1, ("id",)),
        ("a.bin", "1\n2\n", None, None),
    ],
)
def test_the_rows_of_a_table_are_counted(
    path: str, content: str, rows: int | None, columns: tuple[str, ...] | None, repo: GitRepo
) -> None:
    revision = Revision(label="main", commit=commit_files(repo, "a", {path: content}))
    found = pipeline_of(repo).measure(path, "md5:0123", revision)

    assert found == DataFacts(bytes=len(content.encode()), rows=rows, columns=columns)


def test_files_are_taken_from_the_cache_of_dvc(repo: GitRepo) -> None:
    cache = repo.root / ".dvc/cache/files/md5"
    revision = Revision(label="main", commit=commit_files(repo, "a", {"x.csv": "other\n"}))
    (cache / "ab").mkdir(parents=True)
    (cache / "ab" / "cd").write_text("id\n1\n2\n")
    (cache / "ab" / "ef.dir").write_text(
        json.dumps([{"md5": "1", "relpath": "a"}, {"md5": "2", "relpath": "b"}])
    )

    assert pipeline_of(repo).measure("x.csv", "md5:abcd", revision) == DataFacts(
        bytes=7, rows=2, columns=("id",)
    )
    assert pipeline_of(repo).measure("folder", "md5:abef", revision) == DataFacts(files=2)


def test_what_is_not_at_hand_is_not_known(repo: GitRepo) -> None:
    revision = Revision(label="main", commit=commit_files(repo, "a", {"x": ""}))

    assert pipeline_of(repo).measure("models/m.bin", "md5:abcd", revision) is None
    assert pipeline_of(repo).measure("x", None, revision) is None


def pipeline_of(repo: GitRepo) -> Pipeline:
    return Pipeline(repo.root, HermeticProcess(repo.root.parent / "home"))
