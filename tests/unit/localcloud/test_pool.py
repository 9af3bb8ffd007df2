"""What the platform promises to each request, with real instances."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.bundles import (
    ECHO,
    EXITS_AT_IMPORT,
    FAILS_AT_IMPORT,
    MOODY,
    SLEEP,
    SLOW_TO_START,
    SURROUNDINGS,
    TRIVIAL,
)
from tests.fakes.waiting import is_alive

from emel.localcloud import Store
from emel.localcloud.instance import Failure
from emel.records import Canary

Run = Callable[[Callable[[Any], Awaitable[None]]], None]
Deploy = Callable[..., Any]


def test_the_first_request_starts_an_instance_and_the_second_reuses_it(
    deploy: Deploy, on_platform: Run
) -> None:
    deploy(MOODY)

    async def scenario(platform: Any) -> None:
        assert platform.load().instances == 0
        first, second = await platform.call(), await platform.call()
        assert first == second
        assert platform.counters().calls == 2
        assert platform.counters().cold_starts == 1

    on_platform(scenario)


def test_an_instance_sees_nothing_of_the_platform(deploy: Deploy, on_platform: Run, store: Store) -> None:
    version = deploy(SURROUNDINGS, memory=256, timeout=5)

    async def scenario(platform: Any) -> None:
        os.environ["EMEL_TEST_SECRET"] = "do not pass on"
        seen = await platform.call()
        assert seen["environment"] == [
            "EMEL_STORAGE", "HOME", "LAMBDA_TASK_ROOT", "LANG", "PATH", "TMPDIR", "_HANDLER",
        ]  # fmt: skip
        assert seen["flags"] == [1, 1]
        assert seen["path"][0] == str(store.code("demo", version.digest))
        assert not any("site-packages" in entry for entry in seen["path"])
        # Three standard streams, the channel, the lifeline, and the listing itself.
        assert seen["descriptors"] == 6
        assert seen["memory"] == 256
        assert 0 < seen["remaining"] <= 5000
        assert Path(seen["cwd"]).parent == store.folder / "instances"

    on_platform(scenario)
    del os.environ["EMEL_TEST_SECRET"]
    assert list((store.folder / "instances").iterdir()) == []


def test_requests_at_the_same_time_get_instances_of_their_own_up_to_the_maximum(
    deploy: Deploy, on_platform: Run
) -> None:
    deploy(SLEEP, max_instances=3)

    async def scenario(platform: Any) -> None:
        await asyncio.gather(*(platform.call() for _ in range(9)))
        assert platform.load().instances == 3
        await platform.until(lambda: len(platform.load().idle_since) == 3)
        answers = await asyncio.gather(*(platform.call() for _ in range(3)))
        assert len({answer["pid"] for answer in answers}) == 3

    on_platform(scenario)


def test_a_request_beyond_the_queue_is_refused_at_once(deploy: Deploy, on_platform: Run) -> None:
    deploy(SLEEP, max_instances=1)

    async def scenario(platform: Any) -> None:
        await platform.call()
        running = [asyncio.ensure_future(platform.call(seconds="0.02")) for _ in range(1 + 32)]
        await asyncio.sleep(0)
        assert (await platform.refused()).status == 429
        assert len(await asyncio.gather(*running)) == 33
        assert platform.counters().refused == 1

    on_platform(scenario)


def test_idle_instances_are_ended_down_to_zero(deploy: Deploy, on_platform: Run) -> None:
    deploy(TRIVIAL, idle_seconds=0.05)

    async def scenario(platform: Any) -> None:
        await platform.call()
        assert platform.load().instances == 1
        await platform.until(lambda: platform.load().instances == 0)

    on_platform(scenario)


def test_provisioned_instances_are_warm_before_the_first_request(deploy: Deploy, on_platform: Run) -> None:
    deploy(TRIVIAL, provisioned=2, idle_seconds=0.01)

    async def scenario(platform: Any) -> None:
        await platform.until(lambda: len(platform.load().idle_since) == 2)
        await platform.call()
        assert platform.counters().cold_starts == 0

    on_platform(scenario)


def test_a_request_that_takes_too_long_gets_504_and_its_instance_is_ended(
    deploy: Deploy, on_platform: Run
) -> None:
    deploy(MOODY)

    async def scenario(platform: Any) -> None:
        before = await platform.call()
        platform.let_calls_take(0.4)
        failure = await platform.refused(do="hang")
        platform.let_calls_take(10.0)
        assert (failure.status, failure.detail) == (
            504,
            "the function did not answer within 0.4 s, and was ended",
        )
        assert (await platform.call())["pid"] != before["pid"]
        await platform.until(lambda: not Path(f"/proc/{before['pid']}").exists())

    on_platform(scenario)


@pytest.mark.parametrize(
    ("mood", "detail"),
    [
        ("crash", "ended by SIGSEGV"),
        ("exit", "ended with exit code 3"),
        ("raise", "raised ValueError: the row is odd"),
        ("garbage", "wrong form"),
    ],
)
def test_a_function_that_fails_gets_502_with_the_reason(
    deploy: Deploy, on_platform: Run, mood: str, detail: str
) -> None:
    deploy(MOODY)

    async def scenario(platform: Any) -> None:
        failure = await platform.refused(do=mood)
        assert failure.status == 502
        assert detail in failure.detail
        assert await platform.call()
        assert platform.counters().errors == 1

    on_platform(scenario)


def test_a_function_that_needs_more_than_its_memory_is_ended(deploy: Deploy, on_platform: Run) -> None:
    deploy(MOODY, memory=128)

    async def scenario(platform: Any) -> None:
        hungry = await platform.call()
        failure = await platform.refused(do="eat")
        assert (failure.status, failure.title) == (502, "Out of memory")
        assert (await platform.call())["pid"] != hungry["pid"]

    on_platform(scenario)


def test_crashes_lose_no_other_request(deploy: Deploy, on_platform: Run) -> None:
    deploy(MOODY, max_instances=3)

    async def scenario(platform: Any) -> None:
        async def crash() -> int:
            return (await platform.refused(do="crash")).status

        calls = [platform.call() if number % 5 else crash() for number in range(40)]
        answers = await asyncio.gather(*calls)
        assert [answer for answer in answers if answer == 502] == [502] * 8
        assert all("pid" in answer for answer in answers if answer != 502)

    on_platform(scenario)


def test_an_idle_instance_that_dies_costs_no_request(deploy: Deploy, on_platform: Run) -> None:
    deploy(MOODY)

    async def scenario(platform: Any) -> None:
        pid = (await platform.call())["pid"]
        os.kill(pid, signal.SIGKILL)
        await platform.until(lambda: platform.load().instances == 0)
        assert (await platform.call())["pid"] != pid

    on_platform(scenario)


@pytest.mark.parametrize(
    ("handler", "status", "detail"),
    [
        (FAILS_AT_IMPORT, 502, "RuntimeError: the model file is missing"),
        (EXITS_AT_IMPORT, 502, "the instance ended with exit code 7"),
        (SLOW_TO_START, 504, "did not start within 0.3 s"),
    ],
)
def test_an_instance_that_cannot_start_answers_with_its_own_error(
    deploy: Deploy, on_platform: Run, handler: str, status: int, detail: str
) -> None:
    deploy(handler, timeout=0.3 if status == 504 else 10)

    async def scenario(platform: Any) -> None:
        failures = await asyncio.gather(*(platform.refused() for _ in range(5)))
        assert {failure.status for failure in failures} == {status}
        assert detail in failures[0].detail
        # For a while the answer is known without another try.
        assert detail in (await platform.refused()).detail

    on_platform(scenario)


def test_what_a_function_starts_is_ended_with_it(deploy: Deploy, on_platform: Run) -> None:
    deploy(MOODY)
    children: list[int] = []

    async def scenario(platform: Any) -> None:
        children.append((await platform.call(do="spawn"))["child"])

    on_platform(scenario)
    assert not is_alive(children[0])


def test_what_a_function_prints_is_in_the_log(deploy: Deploy, on_platform: Run) -> None:
    deploy(MOODY)

    async def scenario(platform: Any) -> None:
        await platform.call(do="log")
        await platform.until(lambda: len(platform.records()) == 3)
        records = platform.records()
        shown = sorted((record.message, record.level) for record in records)
        assert shown == [("a line of trouble", "error"), ("a plain line", "info"), ("predicted", "warn")]
        assert {(record.version, record.instance) for record in records} == {(1, "demo-1-1")}

    on_platform(scenario)


def test_a_function_that_prints_a_lot_is_still_answered(deploy: Deploy, on_platform: Run) -> None:
    deploy(MOODY)

    async def scenario(platform: Any) -> None:
        assert await platform.call(do="print")
        assert await platform.call()

    on_platform(scenario)


def test_a_moved_tag_counts_for_the_next_request_and_the_old_version_is_let_go(
    deploy: Deploy, on_platform: Run, store: Store
) -> None:
    deploy(MOODY)
    deploy(TRIVIAL, tag="mr-1", model_version="v2.0.0")

    async def scenario(platform: Any) -> None:
        assert "pid" in await platform.call()
        store.set_tag("demo", "prod", 2)
        assert await platform.call() == {}
        await platform.until(lambda: sorted(platform.router.pools()) == [("demo", 2)])

    on_platform(scenario)


def test_closing_answers_the_requests_that_are_under_way(deploy: Deploy, on_platform: Run) -> None:
    deploy(SLEEP, max_instances=1)

    async def scenario(platform: Any) -> None:
        await platform.call()
        running = [asyncio.ensure_future(platform.refused(seconds="60")) for _ in range(3)]
        await asyncio.sleep(0.05)
        await platform.router.close()
        failures: list[Failure] = await asyncio.gather(*running)
        assert sorted(failure.status for failure in failures) == [502, 503, 503]

    on_platform(scenario)


def test_counters_outlive_the_server(deploy: Deploy, on_platform: Run) -> None:
    deploy(TRIVIAL)

    async def call_once(platform: Any) -> None:
        await platform.call()

    async def look(platform: Any) -> None:
        assert platform.counters().calls == 2

    on_platform(call_once)
    on_platform(call_once)
    on_platform(look)


def test_an_idle_instance_is_suspended_and_answers_again(deploy: Deploy, on_platform: Run) -> None:
    deploy(MOODY)

    async def scenario(platform: Any) -> None:
        pid = (await platform.call())["pid"]
        await platform.until(lambda: _state(pid) == "T")
        assert platform.load().instances == 1
        assert (await platform.call())["pid"] == pid
        assert platform.counters().cold_starts == 1

    on_platform(scenario)


def test_a_canary_gets_its_share_of_the_requests(deploy: Deploy, on_platform: Run, store: Store) -> None:
    deploy(ECHO)
    deploy(ECHO + "\n", tag="mr-1", model_version="v2.0.0")
    store.set_canary("demo", "prod", Canary(version=2, weight=25))

    async def scenario(platform: Any) -> None:
        platform.rolls = [0.0, 0.24, 0.25, 0.99]
        answered = [(await platform.call())["version"] for _ in range(4)]
        assert answered == ["2", "2", "1", "1"]
        store.set_tag("demo", "prod", 1)
        assert (await platform.call())["version"] == "1"

    on_platform(scenario)


def _state(pid: int) -> str:
    """How the system sees a process: S sleeps, R runs, T is stopped."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
