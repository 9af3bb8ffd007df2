"""The line that a deploy prints, to be pasted: short for wide rows too, and without a secret in it."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import msgspec
import pytest
from tests.fakes.bundles import ECHO, bundle_record, write_bundle

from emel.clouds.base import Access, Cloud, Outside
from emel.clouds.local import open_local
from emel.config import load
from emel.records import Bundle, Column, Signature
from emel.system.clock import SystemClock
from emel.system.http import SystemHttp
from emel.system.process import SystemProcess
from emel.workflows.example import example_line
from emel.workflows.machine import System
from emel.workflows.project import Project

URL = "https://functions.yandexcloud.net/d4e1?tag=prod"


class Guarded(Access):
    """Access to functions that those who are signed in may call."""

    def is_public(self, function: str) -> bool:
        return False


def project_of(folder: Path, yandex: str = "", **env: str) -> Project:
    file = folder / "emel.toml"
    file.write_text(f'[model]\nname = "demo"\npath = "m"\nsample = "s.csv"\n[yandex]\n{yandex}\n')
    return Project(folder, load(file), System(SystemProcess(), SystemHttp(), SystemClock(), env))


def bundle_of(folder: Path, columns: int) -> Bundle:
    known = tuple(
        Column(name=f"feature_{number}", type="float", minimum=0.0, maximum=number + 1.0)
        for number in range(columns)
    )
    made = bundle_record(write_bundle(folder, ECHO))
    return msgspec.structs.replace(made, signature=Signature(columns=known, task="regression"))


def cloud_of(folder: Path, name: str = "yandex", access: Access | None = None) -> Cloud:
    return open_local(folder, Outside())._replace(name=name, access=access)


def test_a_narrow_row_stands_in_the_line(tmp_path: Path) -> None:
    line = example_line(
        project_of(tmp_path), cloud_of(tmp_path), bundle_of(tmp_path, 2), URL, is_gateway=False
    )
    words = shlex.split(line)
    assert words[:3] == ["curl", "-s", f"{URL}&route=/predict"]
    assert json.loads(words[-1]) == {"feature_0": 0.5, "feature_1": 1.0}


@pytest.mark.parametrize("columns", [30, 3000])
def test_a_wide_row_is_asked_of_the_endpoint(tmp_path: Path, columns: int) -> None:
    line = example_line(
        project_of(tmp_path), cloud_of(tmp_path), bundle_of(tmp_path, columns), URL, is_gateway=False
    )
    assert line == (
        f"curl -s '{URL}&route=/example' | curl -s '{URL}&route=/predict' "
        "-H 'Content-Type: application/json' -d @-"
    )


def test_a_private_function_gets_a_token_with_both_requests(tmp_path: Path) -> None:
    guarded = cloud_of(tmp_path, access=Guarded())
    line = example_line(project_of(tmp_path), guarded, bundle_of(tmp_path, 30), URL, is_gateway=False)
    assert line.count('-H "Authorization: Bearer $(yc iam create-token)"') == 2

    gateway = example_line(project_of(tmp_path), guarded, bundle_of(tmp_path, 30), URL, is_gateway=True)
    assert "Authorization" not in gateway, "its authorizer decides, and not the cloud's roles"


@pytest.mark.parametrize(
    ("yandex", "is_gateway", "asks"),
    [
        ('secrets = { EMEL_API_KEY = "secret/version/key" }', False, True),
        ('environment = { EMEL_API_KEY_SHA256 = "0f" }', False, True),
        ('[yandex.gateway]\nauthorizer = "d4e2"', True, True),
        ('[yandex.gateway]\nauthorizer = "d4e2"', False, False),
        ("", False, False),
    ],
)
def test_a_key_is_named_where_one_is_asked_for(
    tmp_path: Path, yandex: str, is_gateway: bool, asks: bool
) -> None:
    project = project_of(tmp_path, yandex, EMEL_API_KEY="of-the-local-platform")
    line = example_line(project, cloud_of(tmp_path), bundle_of(tmp_path, 30), URL, is_gateway=is_gateway)
    assert line.count('-H "X-Api-Key: $EMEL_API_KEY"') == asks
    assert "of-the-local-platform" not in line


def test_on_this_machine_the_key_is_that_of_the_environment(tmp_path: Path) -> None:
    local, bundle = cloud_of(tmp_path, "local"), bundle_of(tmp_path, 2)
    url = "http://127.0.0.1:8080/demo/prod"
    plain = example_line(project_of(tmp_path), local, bundle, url, is_gateway=False)
    guarded = example_line(project_of(tmp_path, EMEL_API_KEY="k"), local, bundle, url, is_gateway=False)
    assert plain.startswith(f"curl -s {url}/predict -H 'Content-Type")
    assert '"X-Api-Key: $EMEL_API_KEY"' in guarded
