from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from emel.clouds import open_cloud
from emel.errors import DeployError


def test_the_local_cloud_opens_without_writing_anything(tmp_path: Path) -> None:
    cloud = open_cloud("local", state=tmp_path / ".emel")
    assert cloud.name == "local"
    assert cloud.limits.memory[0] == 128
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_cloud_is_an_error_that_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(DeployError) as problem:
        open_cloud("moon", state=tmp_path)
    assert problem.value.hint == "use one of: local, yandex"


def test_a_cloud_that_is_to_come_says_so(tmp_path: Path) -> None:
    with pytest.raises(DeployError, match="not supported yet"):
        open_cloud("aws", state=tmp_path)


def test_yandex_cloud_opens_without_a_call_and_names_what_is_missing_when_asked(tmp_path: Path) -> None:
    cloud = open_cloud("yandex", state=tmp_path)
    with pytest.raises(DeployError, match="folder of Yandex Cloud is not named"):
        cloud.functions.names()


@pytest.mark.parametrize(
    ("sdk", "opener", "cloud"), [("grpc", "open_cloud", "yandex"), ("boto3", "open_compute", "aws")]
)
def test_a_missing_sdk_names_the_extra_that_brings_it(
    tmp_path: Path, sdk: str, opener: str, cloud: str
) -> None:
    script = f"""
import sys
from pathlib import Path
sys.modules["{sdk}"] = None
from emel.clouds import {opener}
from emel.errors import MissingExtraError
try:
    {opener}("{cloud}", state=Path())
except MissingExtraError as problem:
    print(problem.hint)
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path)
    assert ended.stdout == f"pip install 'emel[{cloud}]'\n", ended.stderr
