from __future__ import annotations

import random
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fakes.bundles import ECHO, bundle_record, mounting, write_bundle
from tests.fakes.yandex import Emulator

from emel.records import Bundle


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Emulator]:
    made = Emulator(tmp_path / "yandex")
    yield made
    made.close()


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return bundle_record(write_bundle(tmp_path, ECHO))


@pytest.fixture
def large_bundle(tmp_path: Path) -> Bundle:
    """A bundle that goes through Object Storage in one part."""
    return _with_noise(tmp_path, 4 * 2**20)


@pytest.fixture
def bundle_of_two_parts(tmp_path: Path) -> Bundle:
    return _with_noise(tmp_path, 9 * 2**20)


@pytest.fixture
def mounting_bundle(tmp_path: Path) -> Bundle:
    """A bundle whose model of two parts stands beside its zip."""
    return mounting(tmp_path, b"model " * 1_500_000)


def _with_noise(folder: Path, size: int) -> Bundle:
    """A bundle with an entry that cannot be made smaller."""
    path = write_bundle(folder, ECHO, version="v2.0.0")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("noise", random.Random(0).randbytes(size))
    return bundle_record(path, version="v2.0.0")
