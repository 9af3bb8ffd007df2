from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.fakes import results

from emel.compare import compare
from emel.records import Comparison, GateRule
from emel.report import Document, build, html, markdown
from emel.report.blocks import Banner, Details, Heading

Golden = Callable[[str, str], str]


def alone(comparison: Comparison) -> Document:
    """A report of nothing but the comparison."""
    return build(
        "breast-cancer",
        comparison,
        plots=(),
        candidate_bundle=None,
        base_bundle=None,
        estimate=None,
        shadow=None,
        endpoint=None,
    )


def whole() -> Document:
    """A report with all that there is."""
    return build(
        "breast-cancer",
        results.comparison(),
        plots=(results.roc_plot(),),
        candidate_bundle=results.bundle(),
        base_bundle=results.bundle("v1.0.0", description="Pipeline(StandardScaler, LogisticRegression)"),
        estimate=results.estimate(),
        shadow=results.shadow(),
        endpoint=results.endpoint(),
    )


def many_metrics() -> Comparison:
    base = {f"class.{number}.recall": number / 300 for number in range(200)}
    moved = {name: value + 0.1 for name, value in list(base.items())[:3]}
    return compare(
        results.snapshot(results.MAIN, dict(base)),
        results.snapshot(results.FOREST, {**base, **moved}),
        rules=(),
        directions={},
    )


def odd_values() -> Comparison:
    metrics = {
        "nan_loss": float("nan"),
        "inf_loss": float("inf"),
        "tiny_error": 3.2e-9,
        "huge_error": -1234567890.5,
        "rows": 1_234_567,
        "точность": 0.5,
        "a|b `c`": 1.0,
        "@admin": "</td><script>alert(1)</script>",
        "ok_flag": True,
    }
    return compare(
        results.snapshot(results.MAIN, {**metrics, "nan_loss": 0.1, "ok_flag": False}, {"/close": "@all"}),
        results.snapshot(results.WORKSPACE, dict(metrics), {"/close": "#1 !2 ~bug"}),
        rules=(GateRule(metric="@admin", min=0.5),),
        directions={},
    )


STORIES = {
    "first-run": lambda: alone(results.first_run()),
    "whole": whole,
    "failed-gate": lambda: alone(results.comparison(accuracy=0.89)),
    "working-tree": lambda: alone(results.comparison(results.WORKSPACE)),
    "many-metrics": lambda: alone(many_metrics()),
    "odd-values": lambda: alone(odd_values()),
}


@pytest.mark.parametrize("story", STORIES)
def test_a_report_in_markdown(story: str, golden: Golden) -> None:
    text = markdown.render(STORIES[story](), {"ROC curve": "plots/roc-curve.png"})

    assert text == golden(f"report/{story}.md", text)


@pytest.mark.parametrize("story", ["whole", "odd-values"])
def test_a_report_in_html(story: str, golden: Golden) -> None:
    text = html.render(STORIES[story](), {"ROC curve": b"PNG"})

    assert text == golden(f"report/{story}.html", text)


def test_the_verdict_stands_first_and_names_what_failed() -> None:
    first = alone(results.comparison(accuracy=0.89)).blocks[0]

    assert isinstance(first, Banner)
    assert first.tone == "bad"
    assert first.title.startswith("Gate failed: accuracy is 0.89, below 0.9; accuracy got worse by")


def test_what_is_not_known_is_left_out() -> None:
    headings = [block.text for block in alone(results.first_run()).blocks if isinstance(block, Heading)]

    assert headings == ["Metrics", "Do it again"]


def test_of_many_metrics_those_without_a_change_are_folded() -> None:
    folded = [block for block in alone(many_metrics()).blocks if isinstance(block, Details)]

    assert [block.summary for block in folded] == ["197 metrics without a change"]
