"""A zip's last file can be written anew, and nobody sees it of the rest."""

from __future__ import annotations

import zipfile
from pathlib import Path

from emel.bundle.zipping import replace_last, write_zip

FILES = {"b": b"2" * 5000, "manifest": b"old" * 9, "a/c": b"1", "z": b""}


def test_the_last_file_is_replaced_as_if_it_had_been_written_so(tmp_path: Path) -> None:
    write_zip(tmp_path / "f.zip", FILES, last="manifest")
    write_zip(tmp_path / "g.zip", {**FILES, "manifest": b"new" * 99}, last="manifest")

    replace_last(tmp_path / "f.zip", b"new" * 99)

    assert (tmp_path / "f.zip").read_bytes() == (tmp_path / "g.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "f.zip") as archive:
        assert archive.namelist() == ["a/c", "b", "z", "manifest"]
        assert archive.testzip() is None
        assert archive.read("manifest") == b"new" * 99
