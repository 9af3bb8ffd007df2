"""The manifest says what parity found, rounded so that each machine writes the same."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import msgspec
import pytest

from emel.bundle import attest, build, check_parity, open_manifest
from emel.errors import BundleError
from emel.records import BuiltZip, Parity
from emel.system.files import sha256_of
from emel.system.process import SystemProcess

PARITY = Parity(
    python="3.12",
    rows=40,
    boundary_rows=9,
    tolerance=1e-6,
    max_abs_diff=2.2e-16,
    labels_equal=True,
    ok=True,
    worst_row=3,
)


@pytest.fixture
def built(make_artifact: Any, tmp_path: Path) -> BuiltZip:
    artifact = msgspec.structs.replace(make_artifact(), sample_digest="sha256:5")
    return build(artifact, version="v1", commit="c" * 40, output=tmp_path / "f.zip", process=SystemProcess())


def files_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name != "manifest.json"}


def test_the_manifest_holds_what_was_found_and_nothing_else_changes(built: BuiltZip) -> None:
    before = files_of(built.path)

    attested = attest(built, PARITY)

    manifest = open_manifest(built.path)
    assert manifest["parity"] == {
        "python": "3.12",
        "rows": 40,
        "boundary_rows": 9,
        "tolerance": 1e-6,
        "max_abs_diff": 1e-15,
        "labels_equal": True,
    }
    assert (manifest["sample_digest"], manifest["model"]["commit"]) == ("sha256:5", "c" * 40)
    assert files_of(built.path) == before
    assert attested.digest == sha256_of(built.path) != built.digest
    assert (attested.zip_bytes, attested.bytecode) == (built.path.stat().st_size, built.bytecode)


def test_an_attested_bundle_answers_as_before(built: BuiltZip, make_artifact: Any) -> None:
    attest(built, PARITY)

    assert check_parity(built.path, make_artifact().answers, tolerance=0.0, process=SystemProcess()).ok


@pytest.mark.parametrize(("found", "told"), [(0.0, 0.0), (1.1e-16, 1e-15), (9e-16, 1e-15), (1e-7, 1e-7)])
def test_the_difference_is_rounded_up(built: BuiltZip, found: float, told: float) -> None:
    attest(built, msgspec.structs.replace(PARITY, max_abs_diff=found))

    assert open_manifest(built.path)["parity"]["max_abs_diff"] == told


def test_another_zip_is_not_attested(built: BuiltZip) -> None:
    built.path.write_bytes(b"no zip")

    with pytest.raises(BundleError):
        attest(built, PARITY)


def test_a_secret_in_the_names_of_a_model_does_not_enter_a_bundle(make_artifact: Any, tmp_path: Path) -> None:
    token = "glpat" + "-abcdefghij0123456789"
    artifact = msgspec.structs.replace(make_artifact(), description=token)

    with pytest.raises(BundleError, match="a GitLab token"):
        build(artifact, version="v1", commit=None, output=tmp_path / "f.zip", process=SystemProcess())
