"""The server as a program: its start and end, its URLs, and what a kill leaves behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import urllib3
from tests.fakes.bundles import ECHO, MOODY, SLEEP, TRIVIAL
from tests.fakes.waiting import until

from emel import localcloud
from emel.errors import PlatformError, PortTakenError
from emel.localcloud import Running, Store
from emel.localcloud.server import serve
from emel.system.process import Detached, spawn_detached

Deploy = Callable[..., Any]

SERVE = """
import sys
from pathlib import Path
from emel.localcloud import Store
from emel.localcloud.server import serve
serve(Store(Path(sys.argv[1])), port=int(sys.argv[2]), on_ready=print)
"""

pytestmark = pytest.mark.slow


@pytest.fixture
def http() -> Iterator[urllib3.PoolManager]:
    with urllib3.PoolManager(maxsize=32, retries=False, timeout=60) as pool:
        yield pool


@pytest.fixture
def start(store: Store) -> Iterator[Callable[..., Running]]:
    """Starts the server in the background, as `emel deploy` does."""

    def spawn(command: Sequence[str | Path], output: Path) -> Detached:
        return spawn_detached([sys.executable, "-c", SERVE, store.folder, command[-1]], output)

    def start(port: int = 0) -> Running:
        return localcloud.start_background(store, root=store.folder.parents[1], port=port, spawn=spawn)

    yield start
    found = localcloud.running(store)
    if found is not None:
        localcloud.stop(found)
    assert until(lambda: not _instances(store.folder))


def test_a_request_reaches_the_function_that_its_url_names(
    deploy: Deploy, start: Callable[..., Running], http: urllib3.PoolManager
) -> None:
    deploy(ECHO)
    url = start().url
    reply = http.request("POST", f"{url}/demo/prod/a%20b/predict?x=1", json={"a": 1})

    event = reply.json()["event"]
    assert reply.status == 200
    assert (event["httpMethod"], event["path"], event["url"]) == (
        "POST",
        "/a%20b/predict",
        "/a%20b/predict?x=1",
    )
    assert json.loads(event["body"]) == {"a": 1}
    assert reply.headers["X-Function-Id"] == "demo"
    assert reply.headers["X-Function-Version-Id"] == "1"
    assert reply.headers["X-Request-Id"] == reply.json()["request_id"]


def test_an_address_without_a_function_tells_what_there_is(
    deploy: Deploy, start: Callable[..., Running], http: urllib3.PoolManager
) -> None:
    deploy(TRIVIAL)
    url = start().url
    there_is = {"demo": {"prod": f"{url}/demo/prod"}}

    assert http.request("GET", f"{url}/").json()["functions"] == there_is
    for path in ("/demo/nope", "/nope/prod", "/demo", "/../../etc/passwd", "/demo%00/prod"):
        reply = http.request("GET", url + path)
        assert reply.status == 404, path
        assert reply.headers["Content-Type"] == "application/problem+json"
        assert reply.json()["exists"] == there_is


def test_a_body_that_is_too_large_is_refused(
    deploy: Deploy, start: Callable[..., Running], http: urllib3.PoolManager
) -> None:
    deploy(ECHO)
    url = start().url + "/demo/prod"
    assert http.request("POST", url, body=b"x" * 3_500_001).status == 413
    assert http.request("POST", url, body=iter([b"x" * 3_500_000, b"x"]), chunked=True).status == 413
    assert http.request("POST", url, body=iter([b"x", b"y"]), chunked=True).json()["event"]["body"] == "eHk="


def test_the_status_of_a_function_counts_its_calls(
    deploy: Deploy, start: Callable[..., Running], http: urllib3.PoolManager, store: Store
) -> None:
    deploy(MOODY)
    server = start()
    for mood in ("", "?do=raise", ""):
        http.request("GET", f"{server.url}/demo/prod{mood}")

    status = localcloud.function_status(store, "demo", localcloud.server_status(store))
    assert (status.calls, status.errors, status.cold_starts, status.instances) == (3, 1, 1, 1)
    localcloud.stop(server)
    kept = localcloud.function_status(store, "demo", localcloud.server_status(store))
    assert (kept.calls, kept.instances) == (3, 0)


def test_tags_move_under_load_without_a_failed_request(
    deploy: Deploy, start: Callable[..., Running], http: urllib3.PoolManager, store: Store
) -> None:
    deploy(ECHO)
    deploy(ECHO + "\n", tag="mr-1", model_version="v2.0.0")
    url = start().url + "/demo/prod"
    seen: list[tuple[int, str]] = []
    stop = threading.Event()

    def load() -> None:
        while not stop.is_set():
            reply = http.request("GET", url)
            seen.append((reply.status, reply.headers["X-Function-Version-Id"]))

    def answered_by(number: int, since: int) -> bool:
        return str(number) in {version for _, version in seen[since:]}

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for number in (2, 1, 2, 1, 2):
            store.set_tag("demo", "prod", number)
            assert until(partial(answered_by, number, len(seen)))
    finally:
        stop.set()
        for thread in threads:
            thread.join()

    assert {status for status, _ in seen} == {200}
    assert {version for _, version in seen} == {"1", "2"}
    assert http.request("GET", url).headers["X-Function-Version-Id"] == "2"


def test_stopping_lets_requests_end_and_leaves_no_process(
    deploy: Deploy, start: Callable[..., Running], http: urllib3.PoolManager, store: Store
) -> None:
    deploy(SLEEP)
    server = start()
    answers: list[int] = []
    thread = threading.Thread(
        target=lambda: answers.append(http.request("GET", f"{server.url}/demo/prod?seconds=1").status)
    )
    thread.start()
    assert until(lambda: _busy(store) == 1)
    localcloud.stop(server)
    thread.join()

    assert answers == [200]
    assert localcloud.running(store) is None
    assert not _instances(store.folder)
    assert not (store.folder / "server.json").exists()


def test_a_killed_server_leaves_no_instance_and_a_store_that_serves_again(
    deploy: Deploy, start: Callable[..., Running], http: urllib3.PoolManager, store: Store
) -> None:
    deploy(MOODY)
    server = start()
    idle = http.request("GET", f"{server.url}/demo/prod").json()["pid"]
    hanging = threading.Thread(target=_ignore_failure, args=(http, f"{server.url}/demo/prod?do=hang"))
    hanging.start()
    assert until(lambda: _busy(store) == 1)
    os.kill(server.pid, signal.SIGKILL)
    hanging.join()

    assert until(lambda: not _instances(store.folder)), idle
    assert localcloud.running(store) is None
    again = start()
    assert http.request("GET", f"{again.url}/demo/prod").status == 200


def test_a_killed_server_takes_all_its_instances_with_it_whatever_they_do(
    deploy: Deploy, start: Callable[..., Running], http: urllib3.PoolManager, store: Store
) -> None:
    deploy(MOODY)
    deploy(MOODY + "\n", tag="mr-1", model_version="v2.0.0")
    server = start()
    clients = [
        threading.Thread(target=_ignore_failure, args=(http, f"{server.url}/demo/prod?do=hang"))
        for _ in range(2)
    ]
    for client in clients:
        client.start()
    suspended = http.request("GET", f"{server.url}/demo/mr-1").json()["pid"]
    assert until(lambda: ") T " in Path(f"/proc/{suspended}/stat").read_text())
    assert until(lambda: len(_instances(store.folder)) == 3)
    os.kill(server.pid, signal.SIGKILL)
    for client in clients:
        client.join()
    assert until(lambda: not _instances(store.folder))


def test_what_concerns_the_platform_itself_needs_the_owners_token(
    deploy: Deploy, start: Callable[..., Running], http: urllib3.PoolManager, store: Store
) -> None:
    deploy(TRIVIAL)
    url = start().url
    file = store.folder / "server.json"
    token = json.loads(file.read_text())["token"]
    assert file.stat().st_mode & 0o777 == 0o600
    assert http.request("GET", f"{url}/_emel/status").status == 401
    assert http.request("GET", f"{url}/_emel/status", headers={"Authorization": "Bearer no"}).status == 401
    known = {"Authorization": f"Bearer {token}"}
    assert http.request("GET", f"{url}/_emel/status", headers=known).status == 200
    for name in ("evil.example", "127.0.0.1.evil.example", ""):
        assert http.request("GET", f"{url}/_emel/status", headers={**known, "Host": name}).status == 421
        assert http.request("GET", f"{url}/demo/prod", headers={"Host": name}).status == 421
    assert http.request("GET", f"{url}/demo/prod", headers={"Host": "localhost:1"}).status == 200


def test_a_disk_that_takes_no_logs_and_no_counters_stops_no_request(
    deploy: Deploy, start: Callable[..., Running], http: urllib3.PoolManager, store: Store
) -> None:
    deploy(MOODY)
    for folder in ("logs", "usage"):
        (store.folder / folder).write_text("no folder can be here")
    url = start().url
    assert [http.request("GET", f"{url}/demo/prod?do=log").status for _ in range(5)] == [200] * 5


def test_a_second_server_on_the_same_store_is_refused_with_the_url_of_the_first(
    start: Callable[..., Running], store: Store
) -> None:
    first = start()
    with pytest.raises(PlatformError, match=first.url):
        serve(store, port=0, on_ready=print)


def test_starting_in_the_background_twice_gives_the_same_server(start: Callable[..., Running]) -> None:
    assert start() == start()


def test_a_taken_port_is_a_clear_error(store: Store, start: Callable[..., Running]) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        for begin in (lambda: serve(store, port=port, on_ready=print), lambda: start(port)):
            with pytest.raises(PortTakenError) as problem:
                begin()
            assert problem.value.hint is not None and "--port 0" in problem.value.hint


def test_the_last_words_of_a_server_that_cannot_start_are_told(store: Store) -> None:
    def spawn(command: Sequence[str | Path], output: Path) -> Detached:
        return spawn_detached(["/bin/sh", "-c", "echo error: no luck; echo hint: try again; exit 3"], output)

    with pytest.raises(PlatformError, match="did not start: error: no luck"):
        localcloud.start_background(store, root=store.folder, port=0, spawn=spawn)


def test_what_a_dead_server_left_behind_is_ignored(store: Store) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as nobody:
        address = f"http://127.0.0.1:{nobody.getsockname()[1]}"
    store.folder.mkdir(parents=True)
    (store.folder / "server.json").write_text(json.dumps({"id": "old", "pid": os.getpid(), "url": address}))
    assert localcloud.running(store) is None


def test_ctrl_c_ends_the_server_like_a_stop(deploy: Deploy, store: Store) -> None:
    with subprocess.Popen(
        [sys.executable, "-u", "-c", SERVE, store.folder, "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as server:
        assert server.stdout is not None and server.stderr is not None
        assert server.stdout.readline().startswith(b"http://127.0.0.1:")
        server.send_signal(signal.SIGINT)
        assert server.wait(60) == 0
        assert server.stderr.read() == b""


def _ignore_failure(http: urllib3.PoolManager, url: str) -> None:
    try:
        http.request("GET", url)
    except urllib3.exceptions.HTTPError:
        pass


def _busy(store: Store) -> int:
    """How many requests are being answered."""
    status = localcloud.server_status(store)
    return sum(version.busy for version in status.versions) if status else 0


def _instances(folder: Path) -> list[str]:
    found = subprocess.run(["pgrep", "-f", f"bootstrap.py.*{folder}"], capture_output=True, text=True)
    return found.stdout.split()
