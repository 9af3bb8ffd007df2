"""Which memory class is the cheapest, and what is billed beside the calls, checked against sums by hand."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emel.cost import estimate, load_tariff
from emel.records import Estimate, Usage

YANDEX = load_tariff("yandex")


def usage(cpu_seconds: float = 0.001, **changed: object) -> Usage:
    found = Usage(memory=128, cpu_seconds=cpu_seconds, cold_start_cpu_seconds=0.02)
    return msgspec.structs.replace(found, **changed)


def priced(of: Usage, calls: int = 0) -> Estimate:
    return estimate(of, YANDEX, calls_per_month=calls)


def test_a_short_call_is_cheapest_in_the_smallest_class() -> None:
    assert priced(usage(0.001)).cheapest_memory == 128


def test_of_classes_at_one_price_the_fastest_is_taken() -> None:
    """50 ms of a processor: 800 ms on 1/16, 100 ms on a half. Memory times time is the same."""
    assert priced(usage(0.05)).cheapest_memory == 1024


def test_a_class_with_several_processors_is_no_faster_and_costs_more() -> None:
    """One call runs on one processor."""
    result = priced(usage(0.5, memory=4096))

    assert result.seconds_per_call == pytest.approx(0.5)
    assert result.cheapest_memory == 2048


def test_a_class_with_less_memory_than_the_process_held_is_left_out() -> None:
    result = priced(usage(0.001, peak_rss_bytes=200 * 2**20))

    assert result.cheapest_memory == 256
    assert "200 MB" in (result.classes[0].refused or "")


def test_a_class_in_which_a_call_outlasts_the_timeout_is_left_out() -> None:
    result = priced(usage(0.05, timeout=0.3))

    assert [one.memory for one in result.classes if one.refused] == [128, 256]


def test_a_function_too_large_for_all_classes_has_no_cheapest() -> None:
    assert priced(usage(peak_rss_bytes=9 * 2**30)).cheapest_memory is None


@given(cpu=st.floats(1e-6, 5))
def test_no_shown_class_is_cheaper_than_the_cheapest(cpu: float) -> None:
    result = priced(usage(cpu))
    best = next(one for one in result.classes if one.memory == result.cheapest_memory)

    assert all(one.per_million_calls >= best.per_million_calls - 1e-5 for one in result.classes)


def test_the_class_that_is_set_stands_among_the_classes_with_the_same_figures() -> None:
    result = priced(usage(0.01, memory=384), 3_000_000)
    own = next(one for one in result.classes if one.memory == 384)

    assert (own.per_million_calls, own.per_month) == (result.per_million_calls, result.per_month)


def test_the_preemptible_machine_is_overtaken_sooner() -> None:
    result = priced(usage())

    assert result.preemptible is not None and result.preemptible_break_even_calls_per_month is not None
    assert result.preemptible.per_hour == pytest.approx(2 * 0.166 + 2 * 0.083 + 0.048 + 0.26352)
    assert result.preemptible_break_even_calls_per_month < result.break_even_calls_per_month


def test_a_provisioned_instance_waits_all_month_for_its_memory() -> None:
    """1 GB at 1.42 a GB-hour: about 1,022 roubles."""
    line = priced(usage(memory=1024, provisioned=1)).extras[0]

    assert (line.what, line.per_month) == ("provisioned instances", pytest.approx(1.42 * 720))


def test_a_gateway_is_billed_by_request_above_its_free_tier() -> None:
    line = priced(usage(gateway=True), 1_100_000).extras[0]

    assert (line.what, line.per_month) == ("API gateway", pytest.approx(142.3))


def test_the_log_is_billed_by_what_is_written_above_its_free_tier() -> None:
    line = priced(usage(log_bytes_per_call=1024.0), 6 * 2**20).extras[0]

    assert (line.what, line.per_month) == ("log", pytest.approx(25.55046))


def test_storage_is_billed_by_what_lies_there_above_its_free_tier() -> None:
    line = priced(usage(stored_bytes=3 * 2**30)).extras[0]

    assert (line.what, line.per_month) == ("object storage", pytest.approx(2 * 720 * 0.0033))


def test_a_month_in_all_is_calls_and_what_is_billed_beside_them() -> None:
    result = priced(usage(gateway=True, provisioned=2), 5_000_000)

    assert result.total_per_month == pytest.approx(
        result.per_month + sum(line.per_month for line in result.extras)
    )
    assert len(result.extras) == 2


def test_what_is_billed_beside_the_calls_moves_the_break_even() -> None:
    plain, gateway = priced(usage()), priced(usage(gateway=True))
    at = gateway.break_even_calls_per_month

    assert at < plain.break_even_calls_per_month
    assert priced(usage(gateway=True), at).total_per_month >= gateway.vm.per_month
    assert priced(usage(gateway=True), at - 1).total_per_month < gateway.vm.per_month


def test_a_machine_is_always_cheaper_than_instances_that_cost_more_while_they_wait() -> None:
    assert priced(usage(memory=8192, provisioned=5)).break_even_calls_per_month == 0


def test_the_price_on_other_clouds_stands_beside_it() -> None:
    result = priced(usage(0.002))

    # On 128/1769 of a processor they take 27.64 ms, and are billed as 28.
    (aws,) = result.elsewhere
    assert (aws.cloud, aws.currency) == ("AWS", "USD")
    assert aws.amount == pytest.approx(1e6 * 0.028 / 8 / 3600 * 0.06 + 0.20)


def test_the_curve_is_the_bill_of_each_number_of_calls() -> None:
    wanted = usage(0.05, gateway=True)
    result = priced(wanted)

    assert [curve.memory for curve in result.curves] == [128, 1024]
    for point in result.curves[0].points[::10]:
        assert point.per_month == pytest.approx(priced(wanted, point.calls_per_month).total_per_month)


def test_what_has_no_price_in_a_price_file_is_named_and_not_guessed(tmp_path: Path) -> None:
    shipped = (files("emel.cost") / "tariffs" / "yandex.toml").read_text("utf-8")
    start = shipped.index("# The same machine as one that the cloud stops")
    file = tmp_path / "mine.toml"
    kept = shipped[:start].replace("provisioned_gb_hour = 1.42", "")
    file.write_text(kept, "utf-8")
    wanted = usage(provisioned=1, gateway=True, log_bytes_per_call=200.0, stored_bytes=5_000_000)

    result = estimate(wanted, load_tariff("yandex", file), calls_per_month=10**9)

    assert result.without_price == ("provisioned instances", "API gateway", "log", "object storage")
    assert (result.extras, result.preemptible) == ((), None)
    assert result.preemptible_break_even_calls_per_month is None
    assert result.total_per_month == result.per_month
