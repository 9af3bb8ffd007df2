"""A bundle is the same bytes each time, and a function that answers wherever it is unzipped."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import pytest

from emel.bundle import attest, build, open_manifest
from emel.errors import BundleError
from emel.records import BuiltZip, Parity
from emel.system.files import sha256_of
from emel.system.process import SystemProcess

MOST_BYTES = 200_000


@pytest.fixture
def built(make_artifact: Any, tmp_path: Path) -> BuiltZip:
    return build(
        make_artifact(), version="v1.2.3", commit="c" * 40, output=tmp_path / "f.zip", process=SystemProcess()
    )


def test_the_zip_is_small_and_its_digest_told(built: BuiltZip) -> None:
    assert built.digest == sha256_of(built.path)
    assert built.zip_bytes == built.path.stat().st_size < MOST_BYTES


def test_the_manifest_says_what_is_inside(built: BuiltZip, make_artifact: Any) -> None:
    manifest = open_manifest(built.path)

    artifact = make_artifact()
    assert manifest["format"] == 1
    assert (manifest["model"]["name"], manifest["model"]["version"]) == ("small", "v1.2.3")
    assert manifest["model"]["commit"] == "c" * 40
    assert manifest["model"]["digest"] == artifact.digest
    assert manifest["signature"] == json.loads(msgspec.json.encode(artifact.signature))
    tag = sys.implementation.cache_tag
    assert {"handler.py", "model/model.emel", "emel_runtime/app.py", f"__pycache__/handler.{tag}.pyc"} <= set(
        manifest["files"]
    )


def test_only_the_operations_that_the_model_names_are_shipped(built: BuiltZip) -> None:
    with zipfile.ZipFile(built.path) as archive:
        names = [name for name in archive.namelist() if "operations" in name and name.endswith(".py")]

    assert [name.rpartition("/")[2] for name in names] == ["__init__.py", "arithmetic.py", "linear.py"]


def test_no_row_of_the_sample_is_shipped(built: BuiltZip) -> None:
    with zipfile.ZipFile(built.path) as archive:
        assert not [name for name in archive.namelist() if "answers" in name or "sample" in name]


def test_the_same_artifact_makes_the_same_bytes_under_other_conditions(
    built: BuiltZip, make_artifact: Any, tmp_path: Path
) -> None:
    script = """
import os, sys
from pathlib import Path
import msgspec
from emel.bundle import attest, build
from emel.records import Artifact, Parity
from emel.system.process import SystemProcess
os.umask(0o077)
# A file system may list a folder in any order.
listed = os.scandir, os.listdir
class Backwards:
    def __init__(self, path): self._found = list(listed[0](path))[::-1]
    def __iter__(self): return iter(self._found)
    def __enter__(self): return self
    def __exit__(self, *_): pass
os.scandir = lambda path=".": Backwards(path)
os.listdir = lambda path=".": listed[1](path)[::-1]
record = Path(sys.argv[1]).read_bytes()
artifact = msgspec.json.decode(record, type=Artifact, dec_hook=lambda kind, text: kind(text))
parity = Parity(rows=1, boundary_rows=0, tolerance=1e-6, max_abs_diff=float(sys.argv[3]), labels_equal=True,
                ok=True, worst_row=0)
output = Path(sys.argv[2])
attest(build(artifact, version="v1.2.3", commit="c" * 40, output=output, process=SystemProcess()), parity)
"""
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    record = tmp_path / "artifact.json"
    record.write_bytes(msgspec.json.encode(make_artifact(), enc_hook=str))
    environment = {
        **os.environ,
        "TZ": "Asia/Vladivostok",
        "PYTHONHASHSEED": "7",
        "TMPDIR": str(elsewhere),
        "LC_ALL": "C",
    }

    subprocess.run(
        [sys.executable, "-c", script, record, elsewhere / "g.zip", "2e-16"],
        check=True,
        cwd=elsewhere,
        env=environment,
    )

    parity = Parity(
        rows=1, boundary_rows=0, tolerance=1e-6, max_abs_diff=3e-16, labels_equal=True, ok=True, worst_row=0
    )
    assert (elsewhere / "g.zip").read_bytes() == attest(built, parity).path.read_bytes()


def test_another_version_makes_another_zip(built: BuiltZip, make_artifact: Any, tmp_path: Path) -> None:
    other = build(
        make_artifact(), version="v2.0.0", commit=None, output=tmp_path / "g.zip", process=SystemProcess()
    )

    assert other.digest != built.digest


@pytest.mark.parametrize("entry", ["yandex", "aws"])
def test_the_unzipped_function_answers_with_its_byte_code(
    built: BuiltZip, tmp_path: Path, entry: str
) -> None:
    with zipfile.ZipFile(built.path) as archive:
        archive.extractall(tmp_path / "function")
    # Sources that do not compile show that the byte-code is what runs.
    (tmp_path / "function" / "emel_runtime" / "app.py").write_text("not Python")
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); import handler\n"
        "event = {'httpMethod': 'POST', 'path': '/predict', 'body': '[[3, 1]]'}\n"
        "print(getattr(handler, sys.argv[2])(event, None)['body'])"
    )
    command = [sys.executable, "-I", "-S", "-c", script, tmp_path / "function", entry]

    *_, body = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()

    assert json.loads(body)["predictions"] == ["yes"]


def rewritten(path: Path, change: Any) -> Path:
    """A copy of a zip whose {name: bytes} went through `change`."""
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    other = path.with_name("changed.zip")
    with zipfile.ZipFile(other, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return other


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda files: files.pop("manifest.json"), "no emel bundle"),
        (lambda files: files.pop("handler.py"), "lacks handler.py"),
        (lambda files: files.update({"model/model.emel": b"other"}), "model.emel was changed"),
        (lambda files: files.update({"extra.py": b""}), "holds extra.py"),
        (lambda files: files.update({"manifest.json": b"{"}), "cannot be read"),
        (lambda files: files.update({"manifest.json": b"[]"}), "cannot be read"),
        (lambda files: files.update({"manifest.json": b'{"format": 9, "files": {}}'}), "has format 9"),
    ],
)
def test_a_bundle_that_is_not_whole_is_not_opened(built: BuiltZip, change: Any, words: str) -> None:
    with pytest.raises(BundleError, match=words):
        open_manifest(rewritten(built.path, change))


def test_a_damaged_zip_is_not_opened(built: BuiltZip) -> None:
    data = bytearray(built.path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    built.path.write_bytes(data)

    with pytest.raises(BundleError):
        open_manifest(built.path)


@pytest.mark.parametrize("content", [None, b"", b"text"])
def test_what_is_no_zip_is_told(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "f.zip"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(BundleError) as caught:
        open_manifest(path)

    assert caught.value.where == str(path)
