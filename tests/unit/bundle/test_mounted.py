"""A function whose model stands beside its zip is proved and measured so, and starts with no other model."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from emel.bundle import attest, build, check_parity, measure_cold_start, open_manifest
from emel.errors import BundleError
from emel.records import Artifact, BuiltZip, MountedModel
from emel.system.process import SystemProcess

PROCESS = SystemProcess()


@pytest.fixture
def artifact(make_artifact: Callable[..., Artifact]) -> Artifact:
    return make_artifact()


@pytest.fixture
def storage(tmp_path: Path) -> Path:
    """What stands for the folder of all mounts."""
    return tmp_path / "storage"


@pytest.fixture
def built(artifact: Artifact, storage: Path, tmp_path: Path) -> BuiltZip:
    return build(
        artifact,
        version="v1",
        commit=None,
        output=tmp_path / "f.zip",
        process=PROCESS,
        mount=storage / "model",
    )


def test_the_zip_names_the_model_and_does_not_hold_it(
    built: BuiltZip, artifact: Artifact, storage: Path
) -> None:
    manifest = open_manifest(built.path)
    with zipfile.ZipFile(built.path) as archive:
        assert not [name for name in archive.namelist() if name.endswith(".emel")]

    assert {key: manifest["model"][key] for key in ("file", "mount", "digest")} == {
        "file": "model.emel", "mount": "model", "digest": artifact.digest,
    }  # fmt: skip
    file = storage / "model/model.emel"
    assert built.mounted == MountedModel(
        path=file, name="model.emel", digest=artifact.digest, size=file.stat().st_size
    )
    assert file.read_bytes() == artifact.file.read_bytes()


def test_it_is_proved_and_measured_with_its_model_where_the_mounts_are(
    built: BuiltZip, artifact: Artifact, storage: Path
) -> None:
    parity = check_parity(built.path, artifact.answers, tolerance=1e-6, process=PROCESS, storage=storage)
    assert parity.ok
    proved = attest(built, parity)
    assert proved.mounted == built.mounted

    cold = measure_cold_start(proved.path, artifact.answers, process=PROCESS, rounds=1, storage=storage)
    assert cold.cpu_seconds > cold.warm_call_seconds > 0


@pytest.mark.parametrize("content", [None, b"another model"])
def test_it_does_not_start_without_the_model_that_was_proved(
    built: BuiltZip, artifact: Artifact, storage: Path, content: bytes | None
) -> None:
    assert built.mounted is not None
    built.mounted.path.unlink()
    if content is not None:
        built.mounted.path.write_bytes(content)

    with pytest.raises(BundleError, match=r"No such file|another digest"):
        check_parity(built.path, artifact.answers, tolerance=1e-6, process=PROCESS, storage=storage)


def test_a_secret_in_a_model_beside_the_zip_is_found_too(artifact: Artifact, tmp_path: Path) -> None:
    artifact.file.write_bytes(artifact.file.read_bytes() + b"\n-----BEGIN RSA PRIVATE KEY-----\n")

    with pytest.raises(BundleError, match="private key"):
        build(
            artifact,
            version="v1",
            commit=None,
            output=tmp_path / "f.zip",
            process=PROCESS,
            mount=tmp_path / "mount",
        )
