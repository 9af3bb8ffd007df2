from __future__ import annotations

from pathlib import Path

import pytest
from tests.fakes.repositories import HermeticProcess, MissingProgram, commit_files

from emel.errors import RepositoryError
from emel.gitrepo import GitRepo


def test_is_found_from_a_folder_inside(repo: GitRepo, process: HermeticProcess) -> None:
    inner = repo.root / "src" / "deep"
    inner.mkdir(parents=True)

    assert GitRepo.discover(inner, process).root == repo.root


def test_a_folder_outside_any_repository_is_an_error(tmp_path: Path, process: HermeticProcess) -> None:
    with pytest.raises(RepositoryError, match="not in a Git repository") as caught:
        GitRepo.discover(tmp_path, process)

    assert caught.value.hint is not None and "git init" in caught.value.hint


def test_a_machine_without_git_is_told_to_install_it(tmp_path: Path) -> None:
    with pytest.raises(RepositoryError, match="no `git` program"):
        GitRepo.discover(tmp_path, MissingProgram())


def test_a_repository_without_a_commit_has_no_head(repo: GitRepo) -> None:
    with pytest.raises(RepositoryError, match="no commit yet") as caught:
        repo.head()

    assert caught.value.hint is not None and "git commit" in caught.value.hint


def test_a_commit_moves_head(repo: GitRepo) -> None:
    first = commit_files(repo, "First", {"a.txt": "1"})
    second = commit_files(repo, "Second", {"a.txt": "2"})

    assert repo.head() == second
    assert repo.first_parent(second) == first
    assert repo.first_parent(first) is None


def test_a_commit_without_changes_is_an_error_in_gits_own_words(repo: GitRepo) -> None:
    commit_files(repo, "First", {"a.txt": "1"})

    with pytest.raises(RepositoryError, match="nothing to commit"):
        repo.commit("Nothing")


def test_commits_and_tags_work_where_nobody_has_told_git_a_name(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    repo = GitRepo.init(folder, HermeticProcess(tmp_path / "home", env={}))

    commit = commit_files(repo, "First", {"a.txt": "1"})
    repo.create_tag("v1", "One", commit)

    assert [tag.commit for tag in repo.tags("v*")] == [commit]


def test_the_branch_is_named_and_none_on_a_detached_head(repo: GitRepo, process: HermeticProcess) -> None:
    commit = commit_files(repo, "First", {"a.txt": "1"})
    repo.switch("feature/x", create=True)
    assert repo.branch() == "feature/x"

    process.run(["git", "checkout", "--quiet", commit], cwd=repo.root)
    assert repo.branch() is None


def test_switching_to_a_branch_that_does_not_exist_is_an_error(repo: GitRepo) -> None:
    commit_files(repo, "First", {"a.txt": "1"})

    with pytest.raises(RepositoryError, match="nowhere"):
        repo.switch("nowhere")


def test_changes_are_what_differs_and_what_is_not_tracked(repo: GitRepo) -> None:
    commit_files(repo, "First", {"kept": "1", "edited": "1", "deleted": "1", ".gitignore": "ignored\n"})
    (repo.root / "edited").write_text("2")
    (repo.root / "deleted").unlink()
    (repo.root / "ignored").write_text("x")
    (repo.root / "folder").mkdir()
    (repo.root / "folder" / "new").write_text("x")

    assert repo.changes() == ("deleted", "edited", "folder/new")


def test_changes_name_both_ends_of_a_rename_and_any_letter(repo: GitRepo, process: HermeticProcess) -> None:
    commit_files(repo, "First", {"alt.txt": "the same content\n" * 20})
    process.run(["git", "mv", "alt.txt", 'neu "ÄÖ" Ж.txt'], cwd=repo.root)

    assert repo.changes() == ("alt.txt", 'neu "ÄÖ" Ж.txt')


def test_a_clean_tree_has_no_changes(repo: GitRepo) -> None:
    commit_files(repo, "First", {"a.txt": "1"})

    assert repo.changes() == ()


def test_a_revision_is_a_branch_a_tag_or_any_expression(repo: GitRepo) -> None:
    first = commit_files(repo, "First", {"a.txt": "1"})
    second = commit_files(repo, "Second", {"a.txt": "2"})
    repo.create_tag("model@v1.0.0", "One", first)

    for name, commit in {"main": second, "HEAD~1": first, first[:8]: first, "model@v1.0.0": first}.items():
        assert repo.resolve(name) == commit


@pytest.mark.parametrize("name", ["nowhere", "", "-x", "--help", "--all", "a b", "main..main", "HEAD:a.txt"])
def test_an_unknown_revision_is_an_error_and_never_an_option(repo: GitRepo, name: str) -> None:
    commit_files(repo, "First", {"a.txt": "1"})

    with pytest.raises(RepositoryError, match="unknown revision"):
        repo.resolve(name)


def test_the_merge_base_is_where_two_branches_parted(repo: GitRepo) -> None:
    shared = commit_files(repo, "Shared", {"a.txt": "1"})
    repo.switch("topic", create=True)
    topic = commit_files(repo, "Topic", {"b.txt": "1"})
    repo.switch("main")
    commit_files(repo, "Main", {"c.txt": "1"})

    assert repo.merge_base("main", topic) == shared


def test_unrelated_histories_have_no_merge_base(repo: GitRepo, process: HermeticProcess) -> None:
    commit_files(repo, "First", {"a.txt": "1"})
    process.run(["git", "switch", "--quiet", "--orphan", "other"], cwd=repo.root)
    commit_files(repo, "Other", {"b.txt": "1"})

    assert repo.merge_base("main", "other") is None


def test_a_file_is_read_to_the_byte_as_it_was(repo: GitRepo) -> None:
    content = bytes(range(256)) + b"\r\n\0"
    first = commit_files(repo, "First", {"данные/a b.bin": content})
    commit_files(repo, "Second", {"данные/a b.bin": b"changed"})

    assert repo.read(first, "данные/a b.bin") == content


def test_what_was_no_file_reads_as_none(repo: GitRepo) -> None:
    commit = commit_files(repo, "First", {"folder/a.txt": "1"})

    assert repo.read(commit, "missing.txt") is None
    assert repo.read(commit, "folder") is None


def test_tags_have_their_commit_message_and_time(repo: GitRepo) -> None:
    commit = commit_files(repo, "First", {"a.txt": "1"})
    repo.create_tag("model@v1.0.0", "Two lines\n\nof message", "main")

    (tag,) = repo.tags("model@v*")
    assert (tag.name, tag.commit, tag.message) == ("model@v1.0.0", commit, "Two lines\n\nof message")
    assert tag.created.endswith("Z") and len(tag.created) == 20


def test_light_tags_and_other_names_are_left_out(repo: GitRepo, process: HermeticProcess) -> None:
    commit = commit_files(repo, "First", {"a.txt": "1"})
    process.run(["git", "tag", "model@v9.0.0"], cwd=repo.root)
    repo.create_tag("other@v1.0.0", "Other", commit)

    assert repo.tags("model@v*") == ()


def test_a_tag_is_made_once(repo: GitRepo) -> None:
    commit = commit_files(repo, "First", {"a.txt": "1"})
    repo.create_tag("v1", "One", commit)

    with pytest.raises(RepositoryError, match="already exists"):
        repo.create_tag("v1", "One again", commit)
