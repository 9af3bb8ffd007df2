"""Logs, status, console and simulation by the command line, as a person or a pipeline calls it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3
from tests.fakes.bundles import MOODY, write_bundle
from tests.fakes.command import Emel, interrupt, processes_of, wait_for

from emel import localcloud
from emel.localcloud import Store
from emel.records import FunctionSettings

pytestmark = pytest.mark.slow

TOML = '[model]\nname = "churn"\npath = "model.joblib"\nsample = "sample.csv"\n'


class Watched:
    """A project whose function serves, and the commands in it."""

    def __init__(self, emel: Emel, store: Store, url: str) -> None:
        self.emel = emel
        self.store = store
        self.url = url

    def call(self, query: str = "") -> int:
        return urllib3.request("GET", f"{self.url}/churn/prod{query}", retries=False, timeout=60).status


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("watched") / "project"
    folder.mkdir()
    emel = Emel(folder, folder.parent / "home")
    emel.git("init", "--quiet", "--initial-branch=main")
    (folder / "emel.toml").write_text(TOML)
    store = Store(folder / ".emel" / "local")
    bundle = write_bundle(folder.parent, MOODY, name="churn")
    version = store.create_version(
        "churn", bundle, model_version="v1.0.0", commit=None, settings=FunctionSettings()
    )
    store.set_tag("churn", "prod", version.number)
    server = emel.start("serve", "--port", "0", output=folder.parent / "serve.out")
    try:
        assert wait_for("serving on", folder.parent / "serve.out", within=120)
        platform = localcloud.running(store)
        assert platform is not None
        watched = Watched(emel, store, platform.url)
        assert [watched.call(), watched.call("?do=log"), watched.call("?do=raise")] == [200, 200, 502]
        yield watched
    finally:
        interrupt(server)
        assert processes_of(folder) == []


def test_the_log_is_told_as_lines_and_as_json(watched: Watched) -> None:
    told = watched.emel("logs")
    assert told.returncode == 0, told.stderr
    assert "WARN  v1 predicted rows=3" in told.stdout
    assert "ERROR v1 platform: Function failed: the function raised ValueError: the row is odd" in told.stdout

    records = json.loads(watched.emel("logs", "--json", "--level", "warn", "--since", "1h").stdout)
    assert {record["stream"] for record in records} == {"stdout", "stderr", "platform"}
    assert {"predicted", "a line of trouble"} <= {record["message"] for record in records}
    nothing = watched.emel("logs", "--version", "7")
    assert (nothing.stdout, nothing.stderr) == ("", "no records\n")


def test_a_followed_log_grows_a_line_of_json_a_record_until_ctrl_c(watched: Watched, tmp_path: Path) -> None:
    output = tmp_path / "followed"
    following = watched.emel.start("logs", "--follow", "--json", "--limit", "1", output=output)
    assert wait_for("}\n", output, within=120)
    assert "predicted" not in output.read_text()
    watched.call("?do=log")
    assert wait_for('"message":"predicted"', output, within=120)

    assert interrupt(following) == 130
    lines = output.read_text().splitlines()
    assert all(json.loads(line)["function"] == "churn" for line in lines if line.startswith("{"))


def test_the_status_bills_each_version_and_prices_it_elsewhere(watched: Watched) -> None:
    (status,) = json.loads(watched.emel("status", "--json").stdout)
    (use,) = status["uses"]

    assert status["calls"] == use["calls"] >= 3
    assert status["cold_share"] == pytest.approx(use["cold_starts"] / use["calls"])
    assert status["p50_seconds"] <= status["p95_seconds"] <= status["p99_seconds"]
    assert {item["cloud"] for item in use["costs"]} == {"AWS", "Yandex Cloud"}
    assert all(item["amount"] > 0 for item in use["costs"])
    assert "on Yandex Cloud" in watched.emel("status").stdout


def test_the_consoles_address_opens_it_and_serve_does_not_print_its_token(watched: Watched) -> None:
    address = watched.emel("console").stdout.strip()
    page, _, token = address.partition("#token=")
    reply = urllib3.request(
        "GET", page.replace("console", "state"), headers={"Authorization": f"Bearer {token}"}
    )

    assert reply.json()["functions"] == ["churn"]
    assert json.loads(watched.emel("console", "--json").stdout) == {"url": address}
    assert token not in (watched.emel.folder.parent / "serve.out").read_text()


def test_without_a_running_platform_there_is_no_console(tmp_path: Path) -> None:
    emel = Emel(tmp_path, tmp_path / "home")
    emel.git("init", "--quiet")
    (tmp_path / "emel.toml").write_text(TOML)
    told = emel("console")
    assert (told.returncode, told.stdout) == (12, "")
    assert "hint: `emel serve` starts it" in told.stderr


def test_traffic_is_simulated_as_a_table_json_and_a_picture(watched: Watched) -> None:
    settings = (
        "--cold-start",
        "0.3",
        "--duration",
        "0.02",
        "--cloud",
        "yandex",
        "--rps",
        "5",
        "--for",
        "10m",
    )
    drawn = watched.emel("simulate", *settings, "--plot", "scaling.png")
    assert drawn.returncode == 0, drawn.stderr
    assert "RUB" in drawn.stdout and "300 s idle" in drawn.stdout
    assert (watched.emel.folder / "scaling.png").stat().st_size > 10_000

    result = json.loads(watched.emel("simulate", *settings, "--json").stdout)
    assert result["requests"] == result["answered"] == sum(point["requests"] for point in result["points"])
    assert len(result["points"]) == 60
    assert result["cost"] > 0
