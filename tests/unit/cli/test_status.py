from __future__ import annotations

from io import StringIO

from rich.console import Console

from emel.cli.render import statuses
from emel.records import CloudCost, FunctionSettings, FunctionStatus, FunctionVersion, VersionUse

VERSION = FunctionVersion(
    number=2,
    digest="sha256:0",
    model_version="v1.0.0",
    commit=None,
    created="2026-11-22T09:00:00+00:00",
    settings=FunctionSettings(),
    tags=("prod",),
)


def shown(*uses: VersionUse, calls: int) -> str:
    status = FunctionStatus(
        function="churn",
        versions=(VERSION,),
        instances=1,
        calls=calls,
        errors=0,
        cold_starts=1,
        p50_seconds=0.001,
        p95_seconds=0.002,
        p99_seconds=0.003,
        cold_share=1 / calls if calls else None,
        billed_gb_seconds=12.5,
        uses=uses,
    )
    screen = Console(file=StringIO(), width=110)
    screen.print(statuses([status], "local"))
    assert isinstance(screen.file, StringIO)
    return screen.file.getvalue()


def test_the_bill_stands_by_version_with_what_it_would_be_on_each_cloud() -> None:
    costs = tuple(
        CloudCost(cloud=cloud, currency=currency, amount=amount, prices_of="2026-01-01")
        for cloud, currency, amount in (("AWS", "USD", 0.00272), ("Yandex Cloud", "RUB", 0.458))
    )
    use = VersionUse(
        version=2,
        calls=10_000,
        errors=3,
        refused=7,
        cold_starts=1,
        billed_gb_seconds=125.0,
        run_seconds=9.0,
        costs=costs,
    )
    lines = shown(use, calls=10_000).splitlines()
    row = next(line.split() for line in lines if line.startswith("2 ") and "USD" in line)

    assert row == ["2", "10,000", "3", "7", "1", "125", "GB·s", "0.00272", "USD", "0.458", "RUB"]
    assert any("1 cold starts (0.01 %)" in line and "p95 2 ms, p99 3 ms" in line for line in lines)


def test_a_function_that_was_never_called_has_no_bill() -> None:
    assert "USD" not in shown(calls=0)
    assert "%" not in shown(calls=0)
