"""What the platform tells its owner, and nobody else: the console's data, moves of tags, metrics."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3
from prometheus_client.parser import text_string_to_metric_families
from tests.fakes.bundles import MOODY, TRIVIAL, write_bundle
from tests.fakes.waiting import until

from emel import localcloud
from emel.localcloud import Store
from emel.records import FunctionSettings

pytestmark = pytest.mark.slow

HIDDEN = (("GET", "status"), ("GET", "state"), ("GET", "logs?function=demo"), ("POST", "move"))


class Owner:
    """One who knows the token of a running platform."""

    def __init__(self, store: Store, url: str) -> None:
        self.store = store
        self.url = url
        address = localcloud.console_url(store)
        assert address is not None
        self.page, _, self.token = address.partition("#token=")
        self._http = urllib3.PoolManager(retries=False, timeout=60)

    def send(self, method: str, path: str, **headers: str) -> urllib3.BaseHTTPResponse:
        return self._http.request(method, self.url + path, headers=headers)

    def ask(self, path: str) -> Any:
        return self.send("GET", f"/_emel/{path}", Authorization=f"Bearer {self.token}").json()

    def move(self, body: Any, **headers: str) -> urllib3.BaseHTTPResponse:
        headers = {"Authorization": f"Bearer {self.token}", **headers}
        return self._http.request("POST", f"{self.url}/_emel/move", body=json.dumps(body), headers=headers)


@pytest.fixture(scope="module")
def owner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Owner]:
    """A platform with two versions, of which the first got five requests."""
    folder = tmp_path_factory.mktemp("platform")
    store = Store(folder / "local")
    for tag, handler in (("prod", MOODY), ("mr-1", TRIVIAL)):
        bundle = write_bundle(folder, handler, version=f"v-{tag}")
        settings = FunctionSettings(max_instances=1, idle_seconds=600.0)
        version = store.create_version(
            "demo", bundle, model_version=f"v-{tag}", commit=None, settings=settings
        )
        store.set_tag("demo", tag, version.number)
    # A version that no tag points at keeps no instance, and tests move tags.
    store.set_tag("demo", "kept", 1)
    with localcloud.running_alone(store) as platform:
        owner = Owner(store, platform.url)
        for query in ("", "?do=raise", "?do=garbage", "?do=log", ""):
            owner.send("GET", f"/demo/prod{query}")
        yield owner


def test_the_page_is_there_without_the_token_and_does_not_hold_it(owner: Owner) -> None:
    reply = owner.send("GET", "/_emel/console")
    assert reply.status == 200
    assert owner.page == f"{owner.url}/_emel/console"
    assert len(owner.token) > 30 and owner.token.encode() not in reply.data


def test_the_page_may_run_its_own_script_alone(owner: Owner) -> None:
    reply = owner.send("GET", "/_emel/console")
    scripts = re.findall(rb"<script>(.*?)</script>", reply.data, re.DOTALL)
    digests = [base64.b64encode(hashlib.sha256(script).digest()).decode() for script in scripts]
    policy = reply.headers["Content-Security-Policy"]

    assert re.findall(r"'sha256-(.+?)'", policy) == digests
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert not re.search(rb"""(src|href)=["']?(https?:)?//""", reply.data)


@pytest.mark.parametrize(("method", "path"), HIDDEN)
def test_without_the_token_nothing_is_told_and_nothing_moves(owner: Owner, method: str, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": owner.token}):
        assert owner.send(method, f"/_emel/{path}", **headers).status == 401
    cookie = owner.send(method, f"/_emel/{path}", Cookie=f"emel-token={owner.token}")
    assert cookie.status == 401


@pytest.mark.parametrize("path", ["/_emel/console", "/_emel/state", "/metrics", "/demo/prod"])
def test_a_name_that_others_can_let_point_here_gets_no_answer(owner: Owner, path: str) -> None:
    reply = owner.send("GET", path, Host="attacker.example", Authorization=f"Bearer {owner.token}")
    assert reply.status == 421


@pytest.mark.parametrize("origin", ["https://attacker.example", "http://127.0.0.1:1", "null"])
def test_a_page_of_another_address_moves_no_tag_even_with_the_token(owner: Owner, origin: str) -> None:
    body = {"function": "demo", "tag": "prod", "before": 1, "after": 2}
    assert owner.move(body, Origin=origin).status == 403
    assert owner.store.tags("demo")["prod"] == 1


def test_the_state_shows_what_the_functions_did(owner: Owner) -> None:
    state = owner.ask("state?function=demo")
    view = state["function"]

    assert state["functions"] == ["demo"]
    assert (view["calls"], view["errors"], view["cold_starts"], view["version_count"]) == (5, 2, 1, 2)
    assert [(row["number"], row["tags"], row["calls"]) for row in view["versions"]] == [
        (2, ["mr-1"], 0),
        (1, ["kept", "prod"], 5),
    ]
    # Each call is billed for 100 ms, or a multiple of that where the machine is busy.
    billed = view["versions"][1]["billed_gb_seconds"] / (0.1 / 8)
    assert billed >= 5 and billed == pytest.approx(round(billed))
    assert sum(view["instances"].values()) == 1
    assert view["p99_seconds"] >= view["p50_seconds"] > 0
    assert owner.ask("state?function=nope")["function"] is None


def test_the_charts_get_a_point_every_two_seconds_that_counts_each_call_once(owner: Owner) -> None:
    def noted() -> list[dict[str, Any]]:
        points: list[dict[str, Any]] = owner.ask("state?function=demo")["function"]["points"]
        return points

    assert until(lambda: sum(point["calls"] for point in noted()) == 5)
    points = noted()
    assert sum(point["cold_starts"] for point in points) == 1
    assert max(point["p99_seconds"] or 0 for point in points) > 0


def test_the_log_is_told_by_level(owner: Owner) -> None:
    def told(query: str) -> set[str]:
        return {record["message"] for record in owner.ask(f"logs?{query}")}

    # The platform writes its log a moment after it has answered.
    written = {"predicted", "a plain line", "a line of trouble"}
    assert until(lambda: written <= told("function=demo"))
    warned = owner.ask("logs?function=demo&level=warn")
    assert {record["level"] for record in warned} <= {"warn", "error"}
    assert written & told("function=demo&level=warn") == {"predicted", "a line of trouble"}
    for query in ("function=demo&level=loud", "function=../secret", ""):
        assert owner.ask(f"logs?{query}")["status"] == 400


def test_a_tag_moves_unless_someone_else_was_faster(owner: Owner) -> None:
    def move(before: int, after: int) -> int:
        return owner.move({"function": "demo", "tag": "prod", "before": before, "after": after}).status

    assert move(1, 2) == 200
    assert owner.store.tags("demo")["prod"] == 2
    assert move(1, 2) == 200  # As when the answer got lost and the click is repeated.
    owner.store.set_tag("demo", "mr-1", 1)
    assert owner.move({"function": "demo", "tag": "mr-1", "before": 2, "after": 3}).status == 409
    assert move(2, 1) == 200
    assert owner.store.tag_history("demo", "prod") == (1, 2, 1)
    owner.store.set_tag("demo", "mr-1", 2)


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"function": "demo", "tag": "prod", "before": 1, "after": 99},
        {"function": "demo", "tag": "prod", "before": 1, "after": "2"},
        {"function": "../demo", "tag": "prod", "before": 1, "after": 2},
        {"function": "demo", "tag": "new", "before": 1, "after": 2},
    ],
)
def test_a_move_that_makes_no_sense_is_refused(owner: Owner, body: Any) -> None:
    assert owner.move(body).status in (400, 409)
    assert owner.store.tags("demo") == {"prod": 1, "mr-1": 2, "kept": 1}


def test_prometheus_reads_the_metrics(owner: Owner) -> None:
    reply = owner.send("GET", "/metrics")
    families = {family.name: family for family in text_string_to_metric_families(reply.data.decode())}
    samples = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in families.values()
        for sample in family.samples
    }
    version = (("function", "demo"), ("version", "1"))

    assert reply.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert samples["emel_function_requests_total", version[0], ("status", "200"), version[1]] == 3
    assert samples["emel_function_requests_total", version[0], ("status", "502"), version[1]] == 2
    assert samples["emel_function_cold_starts_total", *version] == 1
    assert samples["emel_function_queue_length", *version] == 0
    assert samples["emel_function_billed_gb_seconds_total", *version] > 0
    assert samples["emel_function_memory_bytes", *version] > 1e6
    alive = [value for key, value in samples.items() if key[0] == "emel_function_instances"]
    assert sum(alive) == 1
    seconds = families["emel_function_request_duration_seconds"]
    buckets = [sample.value for sample in seconds.samples if sample.name.endswith("_bucket")]
    assert seconds.type == "histogram"
    assert buckets == sorted(buckets) and buckets[-1] == 5
    assert samples["emel_function_request_duration_seconds_count", *version] == 5


def test_the_token_is_in_a_file_for_its_owner_alone(owner: Owner) -> None:
    file: Path = owner.store.folder / "server.json"
    assert owner.token in file.read_text()
    assert file.stat().st_mode & 0o077 == 0
    assert owner.token not in (owner.store.folder / "serve.log").read_text()
