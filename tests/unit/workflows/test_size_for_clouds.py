"""Which cloud a function must fit is said by --to, else by [ci] cloud. A model that is too large for the zip
stands beside it where that cloud can mount it."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import urllib3
from tests.fakes.progress import Silence
from tests.fakes.repositories import HermeticProcess
from tests.fakes.yandex import Emulator
from tests.fakes.yandex.client import emulated
from tests.fakes.yandex.state import SERVICE_ACCOUNT

from emel import config
from emel.apitest.address import address_of
from emel.bundle import Ceiling
from emel.bundle.shelf import read_record
from emel.errors import BundleError
from emel.records import Bundle, FunctionSettings
from emel.system.clock import SystemClock
from emel.system.files import sha256_of
from emel.system.http import SystemHttp
from emel.workflows.machine import System
from emel.workflows.make import make
from emel.workflows.package import asked_of
from emel.workflows.project import Project
from emel.workflows.tiers import Source

TOML = (
    '[model]\nname = "large"\npath = "m.bin"\nsample = "rows.csv"\ntarget = "y"\npredictor = "predictor.py"\n'
)
MOUNTING = Ceiling("mounting", 300_000, 10**7, mounts=True)
"""A zip with the model has 500 kB, one without it 100."""
PREDICTOR = """
class Predictor:
    def __init__(self, model_path):
        with open(model_path, "rb") as file:
            self._head = file.read(10)

    def predict(self, rows):
        return [float(self._head[int(row["a"])]) for row in rows]
"""


def opened(root: Path, more: str = "") -> Project:
    (root / "emel.toml").write_text(TOML + more)
    system = System(HermeticProcess(root / "home"), SystemHttp(), SystemClock())
    return Project(root, config.load(root / "emel.toml"), system)


@pytest.mark.parametrize(
    ("more", "to", "asked"),
    [
        ("", None, {"Yandex Cloud", "AWS Lambda"}),
        ("", "local", {"Yandex Cloud", "AWS Lambda"}),
        ("", "aws", {"AWS Lambda"}),
        ('[ci]\ncloud = "yandex"\n', None, {"Yandex Cloud"}),
        ('[ci]\ncloud = "yandex"\n', "local", {"Yandex Cloud"}),
        ('[ci]\ncloud = "yandex"\n', "aws", {"AWS Lambda"}),
    ],
)
def test_the_cloud_that_is_asked_is_the_one_to_deploy_to(
    tmp_path: Path, more: str, to: str | None, asked: set[str]
) -> None:
    assert {one.cloud for one in asked_of(opened(tmp_path, more), to)} == asked


def randbytes() -> bytes:
    return random.Random(0).randbytes(400_000)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of noise with a Predictor of its own, which needs no library. Not to be changed."""
    root = tmp_path_factory.mktemp("large")
    (root / "predictor.py").write_text(PREDICTOR)
    (root / "m.bin").write_bytes(randbytes())
    (root / "rows.csv").write_text("a,y\n0,0\n7,0\n")
    return root


def made(folder: Path, output: Path, *ceilings: Ceiling) -> Bundle:
    source = Source(
        model=folder / "m.bin",
        sample=folder / "rows.csv",
        version="v1.0.0",
        commit=None,
        output=output / "large.zip",
        trusted=True,
        ceilings=ceilings,
    )
    return make(opened(folder), source, output / "work", Silence())


def answer_on_yandex(bundle: Bundle, folder: Path) -> Any:
    """What the bundle answers when the emulated cloud mounts its model."""
    emulator = Emulator(folder)
    cloud = emulated(emulator, service_account=SERVICE_ACCOUNT)
    assert cloud.access is not None
    version = cloud.functions.create_version("large", bundle, FunctionSettings())
    cloud.functions.set_tag("large", "prod", version.number)
    cloud.access.make_public("large")
    url = address_of(cloud.functions.url("large", "prod")).of("/predict")
    answer = urllib3.request("POST", url, json={"a": 7}).json()
    emulator.close()
    return answer["predictions"]


@pytest.mark.slow
def test_a_model_too_large_for_the_zip_stands_beside_it_on_the_shelf(folder: Path, tmp_path: Path) -> None:
    bundle = made(folder, tmp_path, MOUNTING)

    assert bundle.mounted is not None
    assert bundle.zip_bytes < MOUNTING.zipped < bundle.mounted.size
    assert bundle.mounted.path == tmp_path / "large.model"
    assert sha256_of(bundle.mounted.path) == bundle.mounted.digest
    assert bundle.parity.ok and bundle.cold_start.seconds > 0
    assert bundle.too_large_for == ("AWS Lambda",), "which mounts nothing"
    assert read_record(bundle.path) == bundle
    assert answer_on_yandex(bundle, tmp_path / "yandex") == [randbytes()[7]]
    bundle.mounted.path.unlink()
    with pytest.raises(BundleError, match="is gone"):
        read_record(bundle.path)


@pytest.mark.slow
def test_where_nothing_can_be_mounted_it_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="as a zip"):
        made(folder, tmp_path, MOUNTING._replace(mounts=False))


@pytest.mark.slow
def test_a_cloud_that_takes_the_whole_zip_gets_it_whole(folder: Path, tmp_path: Path) -> None:
    bundle = made(folder, tmp_path, MOUNTING, Ceiling("large", 10**7, 10**7))

    assert bundle.mounted is None and bundle.too_large_for == ()
