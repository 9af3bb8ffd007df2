from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from tests.fakes.repositories import HermeticProcess, commit_files

from emel.errors import RegistryError, RepositoryError
from emel.gitrepo import GitRepo
from emel.registry import register, version_at, versions


@pytest.fixture
def commits(repo: GitRepo) -> list[str]:
    return [commit_files(repo, f"Commit {number}", {"a.txt": str(number)}) for number in range(3)]


def test_the_first_version_is_1_0_0_and_the_next_raises_the_minor(repo: GitRepo, commits: list[str]) -> None:
    made = [register(repo, name="churn", version=None, revision=commit) for commit in commits]

    assert [item.tag for item in made] == ["churn@v1.0.0", "churn@v1.1.0", "churn@v1.2.0"]
    assert [item.commit for item in made] == commits


def test_the_same_commit_again_keeps_its_version(repo: GitRepo, commits: list[str]) -> None:
    first = register(repo, name="churn", version=None, revision="main")
    again = register(repo, name="churn", version=None, revision="HEAD")

    assert again == first
    assert len(versions(repo, "churn")) == 1


def test_a_named_version_may_be_written_without_its_v(repo: GitRepo, commits: list[str]) -> None:
    made = register(repo, name="churn", version="2.0.0-rc.1", revision=commits[0])

    assert made.version == "v2.0.0-rc.1"
    assert register(repo, name="churn", version=None, revision=commits[1]).version == "v2.0.0"


def test_naming_the_version_that_the_commit_has_changes_nothing(repo: GitRepo, commits: list[str]) -> None:
    first = register(repo, name="churn", version="v1.0.0", revision=commits[0])

    assert register(repo, name="churn", version="v1.0.0", revision=commits[0]) == first


def test_a_version_of_another_commit_is_not_moved(repo: GitRepo, commits: list[str]) -> None:
    register(repo, name="churn", version="v1.0.0", revision=commits[0])

    with pytest.raises(RegistryError, match=f"exists already, at commit {commits[0][:8]}"):
        register(repo, name="churn", version="v1.0.0", revision=commits[1])


@pytest.mark.parametrize("version", ["1.0", "latest", "v01.0.0", "v1.0.0 ", "--delete", "v1.0.0!", ""])
def test_what_is_no_semver_is_refused(repo: GitRepo, commits: list[str], version: str) -> None:
    with pytest.raises(RegistryError, match="is no version"):
        register(repo, name="churn", version=version, revision="main")


@pytest.mark.parametrize("name", ["-x", "a b", "a*", "", "ends-", "a@b", "ü"])
def test_a_name_that_no_tag_can_have_is_refused(repo: GitRepo, commits: list[str], name: str) -> None:
    with pytest.raises(RegistryError, match="cannot be the name"):
        register(repo, name=name, version=None, revision="main")


def test_an_unknown_revision_is_an_error(repo: GitRepo, commits: list[str]) -> None:
    with pytest.raises(RepositoryError, match="unknown revision"):
        register(repo, name="churn", version=None, revision="nowhere")


def test_versions_are_listed_by_semver_and_not_by_time_or_text(repo: GitRepo, commits: list[str]) -> None:
    for version in ("v1.10.0", "v1.9.0", "v2.0.0-rc.1", "v2.0.0", "v2.0.0-rc.10"):
        register(repo, name="churn", version=version, revision=commits[0])

    listed = [item.version for item in versions(repo, "churn")]
    assert listed == ["v2.0.0", "v2.0.0-rc.10", "v2.0.0-rc.1", "v1.10.0", "v1.9.0"]


def test_models_do_not_see_each_others_versions(repo: GitRepo, commits: list[str]) -> None:
    register(repo, name="churn", version=None, revision=commits[0])
    register(repo, name="churn-eu", version="v5.0.0", revision=commits[0])
    register(repo, name="team/churn", version="v7.0.0", revision=commits[0])

    assert [item.tag for item in versions(repo, "churn")] == ["churn@v1.0.0"]
    assert [item.tag for item in versions(repo, "team/churn")] == ["team/churn@v7.0.0"]


def test_the_version_of_a_commit_is_its_newest(repo: GitRepo, commits: list[str]) -> None:
    register(repo, name="churn", version="v1.0.0", revision=commits[0])
    register(repo, name="churn", version="v1.0.1", revision=commits[0])

    found = version_at(repo, "churn", commits[0])
    assert found is not None and found.version == "v1.0.1"
    assert version_at(repo, "churn", commits[1]) is None


@pytest.mark.slow
def test_gto_reads_our_versions_and_we_read_its(
    repo: GitRepo, process: HermeticProcess, commits: list[str]
) -> None:
    ours = register(repo, name="churn", version=None, revision=commits[0])

    (shown,) = json.loads(_gto(process, repo, "show", "churn", "--json"))
    assert shown["version"] == ours.version and shown["ref"] == ours.tag

    _gto(process, repo, "register", "churn", commits[1], "--version", "v3.0.0")
    newest = versions(repo, "churn")[0]
    assert (newest.version, newest.commit) == ("v3.0.0", commits[1])


@pytest.mark.slow
def test_a_version_that_gto_took_back_is_none_any_more(
    repo: GitRepo, process: HermeticProcess, commits: list[str]
) -> None:
    register(repo, name="churn", version=None, revision=commits[0])
    _gto(process, repo, "deprecate", "churn", "v1.0.0")

    assert versions(repo, "churn") == ()
    assert register(repo, name="churn", version=None, revision=commits[0]).version == "v1.1.0"
    with pytest.raises(RegistryError, match="taken back"):
        register(repo, name="churn", version="v1.0.0", revision=commits[1])


def _gto(process: HermeticProcess, repo: GitRepo, *arguments: str) -> str:
    program = Path(sys.executable).parent / "gto"
    done = process.run([program, *arguments], cwd=repo.root)
    assert done.returncode == 0, done.stderr
    return done.stdout
