"""A simulation beside the real platform, with the same traffic: the same happens, if not in the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from tests.fakes.bundles import SLEEP

from emel.localcloud.instance import Failure
from emel.localcloud.simulation import Function, simulate
from emel.records import FunctionSettings

pytestmark = pytest.mark.slow

CALL_SECONDS = 0.02
BURST = 40


@pytest.mark.parametrize(("maximum", "provisioned"), [(1, 0), (1, 1), (3, 0)])
def test_two_bursts_end_alike_on_both(
    deploy: Callable[..., Any],
    on_platform: Callable[[Callable[[Any], Any]], None],
    maximum: int,
    provisioned: int,
) -> None:
    deploy(SLEEP, max_instances=maximum, provisioned=provisioned, idle_seconds=600.0, timeout=60.0)
    real: dict[str, int] = {}

    async def two_bursts(platform: Any) -> None:
        await platform.until(lambda: len(platform.load().idle_since) == provisioned)
        for _ in range(2):
            calls = (platform.call(seconds=str(CALL_SECONDS)) for _ in range(BURST))
            answers = await asyncio.gather(*calls, return_exceptions=True)
            assert all(isinstance(answer, dict) or answer.status == 429 for answer in answers)
            real["refused"] = real.get("refused", 0) + sum(isinstance(item, Failure) for item in answers)
            # The instances that were started for the burst may still be on their way.
            await platform.until(lambda: platform.load().busy + platform.load().starting == 0)
        counters = platform.counters()
        real.update(answered=counters.calls, cold=counters.cold_starts, instances=platform.load().instances)

    on_platform(two_bursts)
    settings = FunctionSettings(
        max_instances=maximum, provisioned=provisioned, idle_seconds=600.0, timeout=60.0
    )
    function = Function(settings, 0.03, CALL_SECONDS, 0.1, queue=True)
    arrivals = [0.0] * BURST + [30.0] * BURST
    result = simulate(function, arrivals, 60.0, cloud="local", pattern="two bursts")

    assert (result.answered, result.refused) == (real["answered"], real["refused"])
    # Where starts are slow, the first instance may have answered all before the last one is there.
    assert min(1, result.cold_starts) <= real["cold"] <= result.cold_starts
    assert result.most_instances == real["instances"]
