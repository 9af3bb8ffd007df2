"""Usage × tariff, checked against sums done by hand and against the cloud's own example."""

from __future__ import annotations

from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emel import cost
from emel.cost import estimate, load_tariff
from emel.errors import ConfigError
from emel.records import Usage

YANDEX = load_tariff("yandex")


def usage(memory: int = 128, cpu_seconds: float = 0.001) -> Usage:
    return Usage(memory=memory, cpu_seconds=cpu_seconds, cold_start_cpu_seconds=0.02)


def test_a_short_call_is_billed_a_tenth_of_a_second_of_its_memory():
    result = estimate(usage(), YANDEX, calls_per_month=0)

    assert result.seconds_per_call == pytest.approx(0.016)
    assert result.billed_seconds_per_call == 0.1
    assert result.per_million_calls == pytest.approx(0.125 * 0.1 / 3600 * 1e6 * 6.48 + 18.97)


def test_the_example_of_the_cloud_gives_the_price_of_the_cloud():
    """512 MB, 800 ms, ten million calls a month: 7,306 roubles (docs/functions/pricing, at these prices)."""
    seconds_on_a_whole_processor = 0.8 * 512 / 2048

    result = estimate(usage(512, seconds_on_a_whole_processor), YANDEX, calls_per_month=10_000_000)

    assert result.billed_seconds_per_call == pytest.approx(0.8)
    assert result.per_month == pytest.approx(7306, abs=1)


def test_a_month_within_the_free_tier_costs_nothing():
    assert estimate(usage(), YANDEX, calls_per_month=1_000_000).per_month == 0


def test_a_cold_start_grows_as_the_share_of_a_processor_shrinks():
    small = estimate(usage(128), YANDEX, calls_per_month=0).projected_cold_start_seconds
    whole = estimate(usage(2048), YANDEX, calls_per_month=0).projected_cold_start_seconds

    assert (small, whole) == (pytest.approx(0.32), pytest.approx(0.02))


@pytest.mark.parametrize(
    ("memory", "share"), [(128, 0.0625), (1920, 0.9375), (2048, 1), (4096, 2), (8192, 4)]
)
def test_the_share_of_a_processor_follows_the_memory_class(memory, share):
    assert YANDEX.processor.share(memory) == share


@given(cpu=st.floats(1e-6, 5), memory=st.integers(1, 64).map(lambda step: step * 128))
def test_at_the_break_even_the_function_costs_what_the_machine_costs(cpu, memory):
    result = estimate(usage(memory, cpu), YANDEX, calls_per_month=0)
    calls = result.break_even_calls_per_month

    def month(number: int) -> float:
        return estimate(usage(memory, cpu), YANDEX, calls_per_month=number).per_month

    assert month(calls) >= result.vm.per_month > month(calls - 1)


def test_a_price_file_of_the_user_replaces_the_shipped_one(tmp_path):
    file = tmp_path / "mine.toml"
    shipped = (files("emel.cost") / "tariffs" / "yandex.toml").read_text("utf-8")
    file.write_text(shipped.replace("gb_hour = 6.48", "gb_hour = 1.0"), "utf-8")

    assert load_tariff("yandex", file).function.gb_hour == 1.0


def test_a_broken_price_file_is_told_with_its_name(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text("format = 1\n", "utf-8")

    with pytest.raises(ConfigError, match="missing required field") as caught:
        load_tariff("yandex", file)

    assert caught.value.where == str(file)


def test_a_cloud_without_prices_is_told_with_those_that_have_some():
    with pytest.raises(ConfigError) as caught:
        load_tariff("nimbus")

    assert "yandex" in (caught.value.hint or "")


def test_the_same_calls_are_priced_on_every_cloud_whose_prices_are_shipped() -> None:
    found = {item.cloud: item for item in cost.elsewhere(128, 1_000_000, 2000.0)}

    assert len(found) == len(cost.clouds()) >= 2
    # 2 ms of a processor take 32 ms on 1/16 of one, and are billed as 100 ms.
    yandex = 1e6 * 0.1 / 8 / 3600 * 6.48 + 18.97
    assert (found["Yandex Cloud"].amount, found["Yandex Cloud"].currency) == (pytest.approx(yandex), "RUB")
    # On 128/1769 of one they take 27.64 ms, and are billed as 28.
    aws = 1e6 * 0.028 / 8 / 3600 * 0.06 + 0.20
    assert (found["AWS"].amount, found["AWS"].currency) == (pytest.approx(aws), "USD")


def test_no_calls_cost_nothing_anywhere() -> None:
    assert cost.elsewhere(128, 0, 0.0) == ()
