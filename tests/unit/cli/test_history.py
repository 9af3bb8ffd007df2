"""Metrics over commits on a terminal, and as a page."""

from __future__ import annotations

import math

from rich.console import Console

from emel.cli.render.history import history, sparkline
from emel.records import History, HistoryEntry, Scalar
from emel.report.pages import history_page, history_png


def told(*metrics: dict[str, Scalar], noise: dict[str, float] | None = None) -> History:
    """Commits with these metrics, the newest first."""
    entries = tuple(
        HistoryEntry(
            commit=f"{number}" * 40,
            created=f"2026-11-0{number}",
            subject="<b>Fit</b>",
            metrics=each,
            noise=noise or {},
        )
        for number, each in zip(range(9, 0, -1), metrics, strict=False)
    )
    return History(metrics=("auc", "model"), directions={"auc": "higher", "model": None}, entries=entries)


def printed(value: History) -> str:
    console = Console(width=100)
    with console.capture() as captured:
        console.print(history(value))
    return captured.get()


def test_bars_grow_with_the_values_and_a_missing_one_is_blank() -> None:
    assert sparkline([0.0, None, 0.5, 1.0]) == "▁ ▅█"
    assert sparkline([2.0, 2.0]) == "▁▁"


def test_a_metric_is_told_from_its_oldest_to_its_newest_value() -> None:
    shown = printed(told({"auc": 0.9, "model": "a"}, {"auc": math.nan}, {"auc": 0.5}))

    assert "auc  ▁ █  0.5 → 0.9" in shown
    assert "99999999   2026-11-09   <b>Fit</b>" in shown
    assert "model  " not in shown.partition("auc  ")[2]


def test_a_history_without_commits_says_what_to_do() -> None:
    assert "`cache: false`" in printed(told())


def test_the_page_holds_plot_and_commits_and_no_markup_of_subjects() -> None:
    page = history_page("churn", told({"auc": 0.9, "model": "a"}, {"auc": 0.5}))

    assert "&lt;b&gt;Fit&lt;/b&gt;" in page and "<b>" not in page
    assert page.count("data:image/png;base64,") == 1
    assert "<code>99999999</code>" in page


def test_a_history_without_numbers_is_still_a_page_and_a_picture() -> None:
    assert "No commit has metrics" in history_page("churn", told({"model": "a"}))
    assert history_png(told()).startswith(b"\x89PNG")


def test_the_noise_stands_behind_each_value_that_it_is_known_of() -> None:
    noisy = told({"auc": 0.9, "model": "a"}, {"model": "b"}, noise={"auc": 0.0171})

    assert "0.9 ±0.017" in printed(noisy)
    assert printed(noisy).count("±") == 1
    page = history_page("churn", noisy)
    assert "0.9000 ±0.017" in page and "A bar is the noise" in page
    assert "A bar is the noise" not in history_page("churn", told({"auc": 0.9}))


def test_the_noise_is_drawn_as_a_bar_around_the_value() -> None:
    plain, noisy = told({"auc": 0.9}, {"auc": 0.8}), told({"auc": 0.9}, {"auc": 0.8}, noise={"auc": 0.3})

    assert history_png(noisy) != history_png(plain)
