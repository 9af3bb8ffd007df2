from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.fakes.bundles import write_bundle

from emel.localcloud.events import Reply, Request, frame_of
from emel.localcloud.instance import Failure
from emel.localcloud.journal import Journal
from emel.localcloud.router import Router
from emel.localcloud.store import Store
from emel.localcloud.throttle import (
    TICK_SECONDS,
    ControlGroups,
    DutyCycle,
    find_throttle,
    make_group,
    processor_seconds,
    share_of,
)
from emel.records import FunctionSettings
from emel.system.clock import SystemClock

BURN = """
import json, time
def yandex(event, context):
    began, cpu = time.monotonic(), time.process_time()
    while time.process_time() - cpu < 0.1:
        pass
    return {"statusCode": 200, "body": json.dumps({"seconds": time.monotonic() - began})}
"""


class FakeInstance:
    """Uses a whole processor whenever it may."""

    pid = 7

    def __init__(self) -> None:
        self.held = self.ended = False
        self.used = 0.0

    def hold(self) -> None:
        self.held = True

    def let_go(self) -> None:
        self.held = False


@pytest.mark.parametrize(("memory", "share"), [(128, 1 / 16), (1024, 0.5), (2048, 1.0), (8192, 1.0)])
def test_the_share_is_that_of_the_memory_class(memory: int, share: float) -> None:
    assert share_of(memory) == share


@pytest.mark.parametrize("share", [1 / 16, 0.5])
def test_a_busy_instance_gets_its_share_and_no_more(share: float) -> None:
    time = 0.0
    instance = FakeInstance()
    duty = DutyCycle(lambda pid: instance.used, lambda: time)
    duty.add(instance, share)
    for _ in range(2000):
        time += TICK_SECONDS
        instance.used += 0.0 if instance.held else TICK_SECONDS
        duty.tick()
    assert instance.used / time == pytest.approx(share, rel=0.05)


def test_an_instance_that_was_idle_saves_up_no_more_than_one_period() -> None:
    time = 0.0
    instance = FakeInstance()
    duty = DutyCycle(lambda pid: instance.used, lambda: time)
    duty.add(instance, 0.1)
    time = 1000.0
    duty.tick()
    instance.used += 0.02
    duty.tick()
    assert instance.held
    time += 0.2
    duty.tick()
    assert not instance.held


def test_a_gone_instance_is_forgotten_and_a_whole_processor_is_not_watched() -> None:
    asked: list[int] = []

    def used(pid: int) -> float:
        asked.append(pid)
        raise ProcessLookupError

    duty = DutyCycle(used, lambda: 0.0)
    whole, gone = FakeInstance(), FakeInstance()
    duty.add(whole, 1.0)
    duty.add(gone, 0.5)
    gone.ended = True
    duty.tick()
    duty.tick()
    assert asked == [7]


@pytest.mark.parametrize(
    ("files", "written"),
    [
        (("cpu.max",), {"cpu.max": "6250 100000"}),
        ((), {"cpu.cfs_quota_us": "6250", "cpu.cfs_period_us": "100000"}),
    ],
    ids=["version 2", "version 1"],
)
def test_a_control_group_has_the_share_in_the_kernels_words(
    tmp_path: Path, files: tuple[str, ...], written: dict[str, str]
) -> None:
    class Kernel(type(tmp_path)):  # type: ignore[misc]
        """Puts its files into each new group, as the kernel does."""

        def mkdir(self, *arguments: object, **options: object) -> None:
            super().mkdir(*arguments, **options)
            for name in files:
                (Path(self) / name).write_text("max 100000")

    make_group(Kernel(tmp_path) / "group", 1 / 16)
    assert {file.name: file.read_text() for file in (tmp_path / "group").iterdir()} == written


def test_the_time_of_a_process_is_the_time_that_it_ran() -> None:
    before = processor_seconds(os.getpid())
    while processor_seconds(os.getpid()) - before < 0.02:
        pass
    with pytest.raises(OSError):
        processor_seconds(2**22 + 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    "make", [lambda: DutyCycle(processor_seconds, asyncio.get_running_loop().time), find_throttle]
)
def test_a_throttled_function_takes_as_long_as_in_its_memory_class(
    tmp_path: Path, make: Callable[[], ControlGroups | DutyCycle]
) -> None:
    store = Store(tmp_path / "local")
    store.create_version(
        "demo",
        write_bundle(tmp_path, BURN),
        model_version="v1",
        commit=None,
        settings=FunctionSettings(memory=256, timeout=30),
    )
    store.set_tag("demo", "prod", 1)

    async def main() -> float:
        throttle = make()
        router = Router(store, Journal(tmp_path, SystemClock()), tmp_path / "work", throttle=throttle)
        route = router.route("demo", "prod")
        assert route is not None
        answer: asyncio.Future[Reply | Failure] = asyncio.get_running_loop().create_future()
        route.pool.ask(frame_of(Request("GET", "/", "", (), "", b""), "id", 30000), answer.set_result)
        async with asyncio.timeout(60):
            while not answer.done():
                throttle.tick()
                router.tick()
                await asyncio.sleep(TICK_SECONDS)
        await router.close()
        throttle.tick()
        reply = answer.result()
        assert isinstance(reply, Reply)
        return float(json.loads(reply.body or "")["seconds"])

    # A tenth of a second of work at an eighth of a processor, less what it may have at once.
    assert asyncio.run(main()) > 0.5
