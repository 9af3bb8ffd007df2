"""DVC reads what is written of a remote."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from emel.experiments.remotes import with_yandex_remote


@pytest.mark.slow
def test_dvc_takes_the_lines_as_its_default_remote(tmp_path: Path) -> None:
    def dvc(*arguments: str) -> str:
        command = [sys.executable, "-m", "dvc", *arguments]
        return subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout

    dvc("init", "--no-scm", "--quiet")
    config = tmp_path / ".dvc" / "config"
    config.write_text(with_yandex_remote(config.read_text(), "data", "/credit/"))
    assert sorted(line for line in dvc("config", "--list").splitlines() if "remote" in line) == [
        "core.remote=yandex",
        "remote.yandex.endpointurl=https://storage.yandexcloud.net",
        "remote.yandex.region=ru-central1",
        "remote.yandex.url=s3://data/credit",
    ]


@pytest.mark.parametrize("before", ["", "[core]\n    analytics = false\n"])
def test_a_second_time_changes_nothing(before: str) -> None:
    once = with_yandex_remote(before, "data", "credit")
    assert before in once.replace("    remote = yandex\n", "")
    assert with_yandex_remote(once, "other", "credit") == once


def test_a_default_remote_that_is_there_stays() -> None:
    theirs = "[core]\n    remote = ours\n['remote \"ours\"']\n    url = /srv/dvc\n"
    assert with_yandex_remote(theirs, "data", "credit") == theirs
