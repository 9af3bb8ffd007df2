"""Where versions stand, as tags that GTO reads too."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from tests.fakes.repositories import HermeticProcess, commit_files

from emel.errors import RegistryError
from emel.gitrepo import GitRepo
from emel.records import ModelVersion
from emel.registry import assign, deprecate, find_version, history, register, stages, versions


@pytest.fixture
def made(repo: GitRepo) -> list[ModelVersion]:
    """Three versions: v1.0.0, v1.1.0, v1.2.0."""
    commits = [commit_files(repo, f"Commit {number}", {"a.txt": str(number)}) for number in range(3)]
    return [register(repo, name="churn", version=None, revision=commit) for commit in commits]


def test_an_assignment_is_a_tag_with_a_number_that_grows(repo: GitRepo, made: list[ModelVersion]) -> None:
    tags = [assign(repo, made[0], "staging"), assign(repo, made[1], "prod"), assign(repo, made[2], "prod")]

    assert tags == ["churn#staging#1", "churn#prod#2", "churn#prod#3"]
    assert stages(repo, "churn") == {"staging": made[0], "prod": made[2]}
    assert history(repo, "churn", "prod") == (made[1], made[2])


def test_what_stands_there_already_gets_no_other_tag(repo: GitRepo, made: list[ModelVersion]) -> None:
    assert assign(repo, made[0], "prod") == assign(repo, made[0], "prod") == "churn#prod#1"


def test_going_back_is_another_assignment(repo: GitRepo, made: list[ModelVersion]) -> None:
    for version in (made[0], made[1], made[0]):
        assign(repo, version, "prod")

    assert history(repo, "churn", "prod") == (made[0], made[1], made[0])


def test_more_than_nine_in_one_second_keep_their_order(repo: GitRepo, made: list[ModelVersion]) -> None:
    for number in range(11):
        assign(repo, made[number % 2], "prod")

    assert stages(repo, "churn")["prod"] == made[0]


def test_a_deprecated_version_stands_nowhere(repo: GitRepo, made: list[ModelVersion]) -> None:
    assign(repo, made[0], "prod")
    assign(repo, made[1], "prod")
    assert deprecate(repo, made[1]) == deprecate(repo, made[1]) == "churn@v1.1.0!"

    assert stages(repo, "churn") == {"prod": made[0]}
    with pytest.raises(RegistryError, match="is deprecated"):
        find_version(repo, "churn", "v1.1.0")


@pytest.mark.parametrize("text", ["v1.1.0", "1.1.0", "churn@v1.1.0"])
def test_a_version_is_found_by_any_of_its_spellings(
    repo: GitRepo, made: list[ModelVersion], text: str
) -> None:
    assert find_version(repo, "churn", text) == made[1]
    assert find_version(repo, "churn", None) == made[2]


def test_an_unknown_version_names_those_that_there_are(repo: GitRepo, made: list[ModelVersion]) -> None:
    with pytest.raises(RegistryError, match=r"no version v9\.0\.0 of churn") as raised:
        find_version(repo, "churn", "v9.0.0")
    assert raised.value.hint == "there is: v1.2.0, v1.1.0, v1.0.0"


@pytest.mark.parametrize("stage", ["-x", "a b", "", "prod#1", "prod!"])
def test_a_stage_that_no_tag_can_have_is_refused(repo: GitRepo, made: list[ModelVersion], stage: str) -> None:
    with pytest.raises(RegistryError, match="name of a stage"):
        assign(repo, made[0], stage)


@pytest.mark.slow
def test_gto_reads_our_stages_and_deprecations_and_we_read_its(
    repo: GitRepo, process: HermeticProcess, made: list[ModelVersion]
) -> None:
    # GTO knows nothing but the second that a tag was made in.
    for second, version in enumerate(made[:2]):
        process.env["GIT_COMMITTER_DATE"] = f"2020-01-01T00:00:0{second}Z"
        assign(repo, version, "prod")
    process.env["GIT_COMMITTER_DATE"] = "2020-01-01T00:00:03Z"
    deprecate(repo, made[2])

    (shown,) = json.loads(_gto(process, repo, "show", "churn#prod", "--json"))
    assert shown["version"] == "v1.1.0"

    del process.env["GIT_COMMITTER_DATE"]
    _gto(process, repo, "assign", "churn", "--version", "v1.0.0", "--stage", "staging")
    _gto(process, repo, "deprecate", "churn", "v1.1.0", "prod")
    assert stages(repo, "churn") == {"staging": made[0], "prod": made[0]}
    _gto(process, repo, "deprecate", "churn", "v1.1.0")
    assert versions(repo, "churn") == (made[0],)


def _gto(process: HermeticProcess, repo: GitRepo, *arguments: str) -> str:
    done = process.run([Path(sys.executable).parent / "gto", *arguments], cwd=repo.root)
    assert done.returncode == 0, done.stderr
    return done.stdout
