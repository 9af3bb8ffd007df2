from __future__ import annotations

from pathlib import Path

import pytest

from emel.clouds import open_cloud
from emel.errors import DeployError


def test_the_local_cloud_opens_without_writing_anything(tmp_path: Path) -> None:
    cloud = open_cloud("local", state=tmp_path / ".emel")
    assert cloud.name == "local"
    assert cloud.limits.memory[0] == 128
    assert (cloud.storage, cloud.compute) == (None, None)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_cloud_is_an_error_that_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(DeployError) as problem:
        open_cloud("moon", state=tmp_path)
    assert problem.value.hint == "use one of: local"


@pytest.mark.parametrize("name", ["yandex", "aws"])
def test_a_cloud_that_is_to_come_says_so(tmp_path: Path, name: str) -> None:
    with pytest.raises(DeployError, match="not supported yet"):
        open_cloud(name, state=tmp_path)
