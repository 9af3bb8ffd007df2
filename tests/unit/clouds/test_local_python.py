"""Libraries run under the Python that they are for; the local platform has the one that runs emel."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from tests.fakes.bundles import ECHO, bundle_record, write_bundle

from emel.clouds import open_cloud
from emel.errors import DeployError
from emel.records import FunctionSettings


def test_a_bundle_for_another_python_is_refused_unless_it_has_no_libraries(tmp_path: Path) -> None:
    functions = open_cloud("local", state=tmp_path / ".emel").functions
    pure = msgspec.structs.replace(bundle_record(write_bundle(tmp_path, ECHO)), python="3.99")

    with pytest.raises(DeployError, match=r"for Python 3\.99, and the local platform runs"):
        functions.create_version("demo", msgspec.structs.replace(pure, tier="onnx"), FunctionSettings())
    functions.create_version("demo", pure, FunctionSettings())

    assert len(functions.versions("demo")) == 1
