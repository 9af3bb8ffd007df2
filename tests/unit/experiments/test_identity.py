"""Which commits would make the same results."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fakes.repositories import HermeticProcess, commit_files

from emel.experiments import Pipeline
from emel.gitrepo import GitRepo

FILES = {
    "dvc.yaml": """
vars: [names.yaml]
stages:
  split:
    cmd: python src/split.py
    deps: [src, data]
    outs: [train.csv]
  train:
    cmd: python src/train.py
    deps: [train.csv]
    params: [depth, other.yaml: [rate]]
""",
    "src/split.py": "1",
    "src/train.py": "2",
    "data.dvc": "outs: [md5: 1]",
    "params.yaml": "depth: 2",
    "other.yaml": "rate: 1",
    "names.yaml": "a: 1",
    "README.md": "Hello",
}


class Repository:
    """A project with a pipeline, in a folder of its repository."""

    def __init__(self, top: Path, below: str) -> None:
        process = HermeticProcess(top / ".home")
        self.repo = GitRepo.init(top, process)
        self.prefix = f"{below}/" if below else ""
        self.commit(**FILES)
        self.pipeline = Pipeline(top / below, process)

    def commit(self, **files: str) -> str:
        return commit_files(
            self.repo, "Change", {f"{self.prefix}{name}": text for name, text in files.items()}
        )

    def digest(self) -> str:
        return self.pipeline.inputs_digest(self.repo.head())


@pytest.fixture(params=["", "projects/churn"])
def repository(tmp_path: Path, request: pytest.FixtureRequest) -> Repository:
    return Repository(tmp_path, request.param)


def test_what_no_stage_reads_changes_nothing(repository: Repository) -> None:
    before = repository.digest()
    repository.commit(**{"README.md": "Hello again", "notes/depth.txt": "9"})

    assert repository.digest() == before


@pytest.mark.parametrize(
    "name", ["dvc.yaml", "src/train.py", "src/new.py", "data.dvc", "params.yaml", "other.yaml", "names.yaml"]
)
def test_whatever_a_stage_reads_counts(tmp_path: Path, name: str) -> None:
    repository = Repository(tmp_path, "")
    before = repository.digest()
    repository.commit(**{name: FILES.get(name, "") + "\n# another"})

    assert repository.digest() != before


def test_where_git_does_not_hold_an_input_the_commit_stands_for_it(repository: Repository) -> None:
    commit = repository.commit(**{"dvc.yaml": FILES["dvc.yaml"].replace("[src, data]", "[/mnt/data.csv]")})

    assert repository.digest() == commit
