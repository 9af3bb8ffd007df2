from __future__ import annotations

import random
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fakes.bundles import ECHO, bundle_record, write_bundle
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
    """A bundle that goes through Object Storage."""
    path = write_bundle(tmp_path, ECHO, version="v2.0.0")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("noise", random.Random(0).randbytes(4 * 2**20))
    return bundle_record(path, version="v2.0.0")
