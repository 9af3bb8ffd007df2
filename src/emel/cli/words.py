"""Numbers as people read them."""

from __future__ import annotations

import math

from emel.records import Scalar


def seconds(value: float) -> str:
    """1.8e-05 → "18 µs", 0.0123 → "12.3 ms", 3.2 → "3.20 s", 75 → "75 s"."""
    if value < 0.001:
        return f"{value * 1e6:.0f} µs"
    if value < 1:
        return f"{value * 1e3:.3g} ms"
    return f"{value:.2f} s" if value < 10 else f"{value:.0f} s"


def span(value: float) -> str:
    """75 → "75 s", 5400 → "1.5 h", 60 → "1 min"."""
    for unit, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if value >= unit and round(value / unit, 1) * unit == value:
            return f"{value / unit:g} {name}"
    return f"{value:g} s"


def size(value: int) -> str:
    """123456 → "123 KB" (of 1,000 bytes)."""
    if value < 1000:
        return f"{value} B"
    if value < 1_000_000:
        return f"{value / 1e3:.3g} KB"
    return f"{value / 1e6:.3g} MB"


def scalar(value: Scalar) -> str:
    """A metric or parameter with up to five significant digits; a dash where there is none."""
    if value is None:
        return "–"
    if isinstance(value, bool) or not isinstance(value, float):
        return str(value)
    return "NaN" if math.isnan(value) else f"{value:.5g}"


def signed(value: float | None) -> str:
    """+0.012, with a dash where there is none."""
    return "–" if value is None or math.isnan(value) else f"{value:+.4g}"


def percent(value: float | None) -> str:
    """0.0123 → "+1.2 %"."""
    return "" if value is None or math.isnan(value) else f"{value:+.1%}".replace("%", " %")


def moment(iso: str) -> str:
    """2026-11-22T06:37:17+00:00 → "2026-11-22 06:37 UTC"."""
    return f"{iso[:10]} {iso[11:16]} UTC"


def money(value: float, currency: str) -> str:
    """1234.5, RUB → "1,234.50 RUB"; 0.00123, USD → "0.0012 USD"."""
    return f"{value:.2g} {currency}" if 0 < value < 0.1 else f"{value:,.2f} {currency}"


def processors(share: float) -> str:
    """0.0625 → "0.0625 of a processor", 2 → "2 processors, of which a call runs on one"."""
    if share <= 1:
        return f"{share:.3g} of a processor"
    return f"{share:g} processors, of which a call runs on one"
