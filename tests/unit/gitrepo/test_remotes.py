"""Tags that travel, and copies at a commit."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fakes.repositories import HermeticProcess, commit_files

from emel.errors import RepositoryError
from emel.gitrepo import GitRepo


@pytest.fixture
def repo(tmp_path: Path, process: HermeticProcess) -> GitRepo:
    """A repository with one commit and an empty bare remote."""
    root = tmp_path / "project"
    root.mkdir()
    made = GitRepo.init(root, process)
    commit_files(made, "first", {"a.txt": "1"})
    process.run(["git", "init", "--quiet", "--bare", tmp_path / "bare"])
    process.run(["git", "remote", "add", "origin", tmp_path / "bare"], cwd=root)
    return made


def test_a_tag_goes_to_the_remote_and_comes_to_another_clone(
    repo: GitRepo, process: HermeticProcess, tmp_path: Path
) -> None:
    repo.create_tag("churn@v1.0.0", "Register", "HEAD")
    repo.create_tag("other@v1.0.0", "Register", "HEAD")
    assert not repo.has_remote_tag("origin", "churn@v1.0.0")
    for name in ("churn@v1.0.0", "churn@v1.0.0", "other@v1.0.0"):
        repo.push_tag("origin", name)
    assert repo.has_remote_tag("origin", "churn@v1.0.0")

    (tmp_path / "clone").mkdir()
    clone = GitRepo.init(tmp_path / "clone", process)
    process.run(["git", "remote", "add", "origin", tmp_path / "bare"], cwd=clone.root)
    clone.fetch_tags("origin", "churn@*", "churn#*")

    assert clone.tags("*") == repo.tags("churn@*")


def test_a_tag_that_means_something_else_here_is_an_error(repo: GitRepo, process: HermeticProcess) -> None:
    repo.create_tag("churn@v1.0.0", "theirs", "HEAD")
    repo.push_tag("origin", "churn@v1.0.0")
    process.run(["git", "tag", "--delete", "churn@v1.0.0"], cwd=repo.root)
    repo.create_tag("churn@v1.0.0", "ours", "HEAD")

    with pytest.raises(RepositoryError, match=r"churn@v1\.0\.0 .*would clobber"):
        repo.fetch_tags("origin", "churn@*")


def test_no_login_of_a_remote_is_in_a_message(repo: GitRepo) -> None:
    with pytest.raises(RepositoryError) as raised:
        repo.push_tag("http://gitlab-ci-token:glcbt-secret@127.0.0.1:9/a.git", "v1")
    assert "glcbt-secret" not in str(raised.value)


def test_a_copy_has_the_commit_and_nothing_that_was_not_in_it(repo: GitRepo, tmp_path: Path) -> None:
    first = repo.head()
    commit_files(repo, "second", {"a.txt": "2"})
    (repo.root / "notes.txt").write_text("not committed")

    copy = repo.copy_at(first, tmp_path / "copy")

    assert copy.head() == first and copy.files() == ("a.txt",)
    assert (copy.root / "a.txt").read_text() == "1"
    assert repo.changes() == ("notes.txt",)
