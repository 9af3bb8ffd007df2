"""A standing gitlab-runner that makes machines by itself."""

from __future__ import annotations

from emel.records import AutoscalerPlan

DAYS_A_MONTH = 30


def advice(made: AutoscalerPlan) -> str:
    """What is to be done with the settings, and when they are the better way."""
    lines = [""]
    if made.missing:
        lines.append(f"Fill in first: {', '.join(made.missing)}")
    lines += ["On a small machine that stands, with gitlab-runner, as its superuser:"]
    lines += [f"  {step}" for step in made.steps]
    return "\n".join([*lines, "", *_comparison(made)])


def _comparison(made: AutoscalerPlan) -> list[str]:
    if made.price is None or made.manager_per_month is None:
        return [
            "The machine that stands costs all month; it saves the two minutes that a launched one boots for",
            "each job. Prices are not known here, so you have to weigh that.",
        ]
    currency = made.price.currency
    lines = [
        f"The machine that stands costs {made.manager_per_month:,.0f} {currency} a month, one that trains",
        f"{made.price.per_hour:.2f} {currency} an hour ({made.price.source}).",
    ]
    if made.jobs_per_month is None:
        return lines
    a_day = made.jobs_per_month / DAYS_A_MONTH
    return [
        *lines,
        "A launched machine boots for two minutes before its job; here, many jobs share one.",
        f"So this is cheaper than `emel runner launch` from {made.jobs_per_month:,} jobs a month on, about",
        f"{a_day:,.0f} a day, and before that better only where people wait for machines.",
    ]
