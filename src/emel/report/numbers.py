"""Numbers as people read them in a report. `–` stands where there is none."""

from __future__ import annotations

import math

from emel.records import Scalar

NONE = "–"


def scalar(value: Scalar) -> str:
    """A metric or a parameter: 0.9718, 1,234,567, 3.2e-05, logistic_regression."""
    if value is None:
        return NONE
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return f"{value:,}"
    return _decimal(value) if isinstance(value, float) else value


def setting(value: Scalar) -> str:
    """A parameter, to the last digit: 0.25, 1e-05, 1000, true, null."""
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def change(value: float | None) -> str:
    """A difference, with its sign: +0.0021, −0.0377, ±0."""
    if value is None:
        return NONE
    if value == 0:
        return "±0"
    sign = "+" if value > 0 else "−"
    return sign + _decimal(abs(value))


def noise(value: float | None) -> str:
    """What chance explains, both ways: ±0.012."""
    return NONE if value is None else f"±{value:.2g}"


def percent_change(value: float | None) -> str:
    """A share as a change in percent: +0.2 %, and < 0.1 % where that would say nothing."""
    if value is None:
        return NONE
    if value == 0:
        return "±0 %"
    sign = "+" if value > 0 else "−"
    size = abs(value) * 100
    return f"{sign}{size:,.1f} %" if size >= 0.05 else f"{sign}< 0.1 %"


def share(value: float) -> str:
    """0.986 → 98.6 %; only all is 100 %."""
    text = f"{value * 100:.1f}"
    if text == "100.0" and value < 1:
        return "> 99.9 %"
    return f"{text.removesuffix('.0')} %"


def seconds(value: float) -> str:
    """1.8e-05 → 18 µs, 0.0123 → 12.3 ms, 3.2 → 3.20 s."""
    if value < 0.001:
        return f"{value * 1e6:.0f} µs"
    if value < 1:
        return f"{value * 1e3:.3g} ms"
    return f"{value:.2f} s" if value < 10 else f"{value:.0f} s"


def size(value: int) -> str:
    """123456 → 123 KB, of 1,000 bytes."""
    if value < 1000:
        return f"{value} B"
    return f"{value / 1e3:.3g} KB" if value < 1_000_000 else f"{value / 1e6:.3g} MB"


def money(value: float, currency: str) -> str:
    """1234.5 → 1,234.50 RUB; small amounts with what digits they have."""
    return f"{value:,.2f} {currency}" if value >= 0.01 or value == 0 else f"{value:.2g} {currency}"


def difference(value: float) -> str:
    """A difference that should be none: 0, 2.2e-16."""
    return "0" if value == 0 else f"{value:.1e}"


def _decimal(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    size = abs(value)
    if size >= 1e9 or 0 < size < 1e-3:
        return f"{value:.3g}".replace("-", "−", 1) if value < 0 else f"{value:.3g}"
    text = f"{size:,.4f}" if size < 1000 else f"{size:,.1f}"
    return f"−{text}" if value < 0 else text
