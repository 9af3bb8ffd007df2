"""Files are written whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from emel.system.files import FileOutsideError, read_below, sha256_of, write_atomic


def test_a_file_is_written_with_the_folders_above_it(tmp_path: Path):
    write_atomic(tmp_path / "a" / "b.txt", "привет")

    assert (tmp_path / "a" / "b.txt").read_text("utf-8") == "привет"


def test_a_file_gets_the_mode_that_is_asked_for(tmp_path: Path):
    write_atomic(tmp_path / "secret", b"x", mode=0o600)

    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path):
    target = tmp_path / "kept.txt"
    target.mkdir()

    with pytest.raises(OSError):
        write_atomic(target, "new")

    assert list(tmp_path.iterdir()) == [target]


def test_a_digest_names_its_algorithm(tmp_path: Path):
    (tmp_path / "empty").touch()

    assert sha256_of(tmp_path / "empty").startswith("sha256:e3b0c44298fc1c14")


def test_a_file_below_a_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/c.txt").write_bytes(b"here")

    assert read_below(tmp_path, "a/./b/c.txt", limit=4) == b"here"


@pytest.mark.parametrize(
    "path", ["", ".", "/etc/hostname", "../x", "a/../../x", "a/link", "folder/c", "x\0y"]
)
def test_nothing_from_outside_of_a_folder_is_read(path: str, tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    (inside / "a").mkdir(parents=True)
    (tmp_path / "x").write_text("secret")
    (tmp_path / "c").write_text("secret")
    (inside / "a/link").symlink_to(tmp_path / "x")
    (inside / "folder").symlink_to(tmp_path)

    with pytest.raises(FileOutsideError):
        read_below(inside, path, limit=100)


@pytest.mark.parametrize("path", ["folder", "pipe", "large"])
def test_what_is_no_file_or_too_large_is_not_read(path: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large").write_bytes(b"x" * 5)

    with pytest.raises(ValueError):
        read_below(tmp_path, path, limit=4)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        read_below(tmp_path, "no/such.txt", limit=4)

    assert caught.value.filename == "no/such.txt"
