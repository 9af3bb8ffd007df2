"""Files are written whole or not at all."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from emel.system.files import sha256_of, write_atomic


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
