"""Computes the tables and the plot of docs/guides/serverless-or-not, or with --check says if they are stale.

Everything comes from `emel.cost` and the price files in src/emel/cost/tariffs: no figure stands here.
"""

from __future__ import annotations

import re
from typing import Any

import vl_convert
from computed import GUIDES, filled, money, table, write_or_check

from emel import cost
from emel.cost import Tariff
from emel.records import Estimate, Usage

PLOT = GUIDES / "serverless-or-not.svg"
CALLS = (10_000, 100_000, 1_000_000, 10_000_000, 100_000_000)
MEMORY = (128, 256, 512, 1024, 2048)
CPU_SECONDS = (0.0005, 0.005, 0.05, 0.5)
"""Of a whole processor, for one call: from a small lowered model to a large network."""
UNITS = {"RUB": "₽", "USD": "$", "MB": "МБ", "ms": "мс"}
"""As they are written in Russian."""
WORDS = {
    "en": {
        "month": ("calls a month", "calls a second", "{} MB", "machine all month"),
        "memory": (
            "processor time of a call",
            "fastest at the lowest price",
            "time of a call there",
            "for a million calls",
        ),
        "break": ("memory", "a million calls", "the machine is cheaper from", "that is, a second"),
        "clouds": ("cloud", "prices of", "a million calls", "the machine is cheaper from"),
    },
    "ru": {
        "month": ("вызовов в месяц", "вызовов в секунду", "{} МБ", "машина весь месяц"),
        "memory": (
            "время процессора на вызов",
            "самый быстрый по низшей цене",
            "время вызова в нём",
            "миллион вызовов",
        ),
        "break": ("память", "миллион вызовов", "машина дешевле начиная с", "то есть в секунду"),
        "clouds": ("облако", "цены от", "миллион вызовов", "машина дешевле начиная с"),
    },
}


def main() -> None:
    pages = {GUIDES / "serverless-or-not.md": "en", GUIDES / "serverless-or-not.ru.md": "ru"}
    made = {path: filled(path.read_text("utf-8"), tables(language)) for path, language in pages.items()}
    made[PLOT] = plot()
    write_or_check(made, "serverless_or_not.py")


def tables(language: str) -> dict[str, str]:
    """Each computed table by its name, as markdown."""
    tariff, words = cost.load_tariff("yandex"), WORDS[language]
    made = {
        "month": table(words["month"][:2] + tuple(words["month"][2].format(m) for m in MEMORY[:3])
                        + words["month"][3:], [_month_row(tariff, calls) for calls in CALLS]),
        "memory": table(words["memory"], [_memory_row(tariff, seconds) for seconds in CPU_SECONDS]),
        "break": table(words["break"], [_break_row(tariff, memory) for memory in MEMORY]),
        "clouds": table(words["clouds"], [_cloud_row(name) for name in ("yandex", "aws")]),
    }  # fmt: skip
    return {name: russian(text) for name, text in made.items()} if language == "ru" else made


def russian(text: str) -> str:
    """Numbers and units as they are written in Russian: "1,448.29 RUB" → "1 448,29 ₽"."""
    # A space that does not break keeps a number on one line.
    written = re.sub(r"(?<=\d),(?=\d)", "\N{NO-BREAK SPACE}", text)
    written = re.sub(r"(?<=\d)\.(?=\d)", ",", written)
    for unit, name in UNITS.items():
        written = re.sub(rf"(?<=\d) {unit}\b", f"\N{NO-BREAK SPACE}{name}", written)
    return written


def plot() -> str:
    """The price of a month against calls, for three classes and the machine, as SVG."""
    tariff = cost.load_tariff("yandex")
    calls = [round(10 ** (4 + step / 10)) for step in range(41)]
    values: list[dict[str, Any]] = [
        {"calls": n, "price": _estimate(tariff, memory, calls=n).per_month, "what": f"{memory} MB"}
        for memory in (128, 512, 2048)
        for n in calls
    ]
    machine = _estimate(tariff, 128).vm.per_month
    values += [{"calls": n, "price": machine, "what": tariff.vm.name} for n in (calls[0], calls[-1])]
    spec = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": 560,
        "height": 320,
        "background": "white",
        "data": {"values": [value for value in values if value["price"] > 1]},
        "mark": {"type": "line", "strokeWidth": 2},
        "encoding": {
            "x": {
                "field": "calls",
                "type": "quantitative",
                "scale": {"type": "log"},
                "title": "calls a month",
            },
            "y": {
                "field": "price",
                "type": "quantitative",
                "scale": {"type": "log"},
                "title": f"{tariff.currency} a month",
            },
            "color": {"field": "what", "type": "nominal", "title": None, "sort": None},
        },
    }
    return str(vl_convert.vegalite_to_svg(spec))


def _month_row(tariff: Tariff, calls: int) -> tuple[str, ...]:
    found = [_estimate(tariff, memory, calls=calls) for memory in MEMORY[:3]]
    prices = tuple(money(each.per_month, each.currency) for each in found)
    per_second = calls / (720 * 3600)
    return (f"{calls:,}", f"{per_second:.2g}", *prices, money(found[0].vm.per_month, tariff.currency))


def _memory_row(tariff: Tariff, seconds: float) -> tuple[str, ...]:
    # A call uses one processor, so that classes with more than one are no faster.
    found = [_estimate(tariff, memory, seconds) for memory in range(128, tariff.processor.whole_at + 1, 128)]
    best = min(found, key=lambda each: (round(each.per_million_calls, 6), each.seconds_per_call))
    price = money(best.per_million_calls, best.currency)
    return (f"{seconds * 1000:g} ms", f"{best.memory} MB", f"{best.seconds_per_call * 1000:.0f} ms", price)


def _break_row(tariff: Tariff, memory: int) -> tuple[str, ...]:
    found = _estimate(tariff, memory)
    return (
        f"{memory} MB",
        money(found.per_million_calls, found.currency),
        f"{found.break_even_calls_per_month:,}",
        f"{found.break_even_calls_per_second:.2g}",
    )


def _cloud_row(name: str) -> tuple[str, ...]:
    tariff = cost.load_tariff(name)
    found = _estimate(tariff, 128)
    price = money(found.per_million_calls, found.currency)
    return (tariff.cloud, tariff.prices_of, price, f"{found.break_even_calls_per_month:,}")


def _estimate(tariff: Tariff, memory: int, seconds: float = CPU_SECONDS[0], calls: int = 0) -> Estimate:
    usage = Usage(memory=memory, cpu_seconds=seconds, cold_start_cpu_seconds=0.05)
    return cost.estimate(usage, tariff, calls_per_month=calls)


if __name__ == "__main__":
    main()
