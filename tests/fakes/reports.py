"""What is known in the stories that the golden reports tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import structs
from tests.fakes import results

from emel.compare import compare
from emel.experiments.reading import flat_values
from emel.records import (
    Best,
    Comparison,
    DataFacts,
    EnvironmentChange,
    GateRule,
    NoiseSource,
    OwnSection,
    Revision,
    Scalar,
)
from emel.report import Known
from emel.report.blocks import Code, Markdown, Toned

EARLIER = Revision(label="33333333", commit="3" * 40)


def code(text: str) -> Code:
    return Code(text)


def good(text: str) -> Toned:
    return Toned(text, "good")


def alone(comparison: Comparison) -> Known:
    """Nothing but the comparison."""
    return Known(project="breast-cancer", comparison=comparison)


def whole() -> Known:
    """All that there can be."""
    return Known(
        project="breast-cancer",
        comparison=noisy(results.comparison()),
        run=results.run_record(),
        sweep=results.swept(),
        best={
            "accuracy": Best(value=0.98, revision=EARLIER),
            "roc_auc": Best(value=0.9896, revision=results.MAIN),
            "log_loss": Best(value=0.1053, revision=results.MAIN),
        },
        data={
            "models/model.joblib": (DataFacts(bytes=3217), DataFacts(bytes=276_814)),
            "data/old.csv": (DataFacts(bytes=120, rows=7, columns=("x", "y")), None),
        },
        plots=(results.roc_plot(),),
        candidate_bundle=results.bundle(),
        base_bundle=results.bundle("v1.0.0", description="Pipeline(StandardScaler, LogisticRegression)"),
        estimate=results.estimate(),
        base_estimate=results.estimate(),
        endpoint=results.endpoint(),
        shadow=results.shadow(),
        own={
            "notes": (OwnSection(name="notes", title="Notes", file="notes.md"), Markdown("- one\n- `two`\n"))
        },
    )


def noisy(comparison: Comparison) -> Comparison:
    """The same after repeated runs of both sides, in environments that differ."""
    metrics = (
        structs.replace(change, noise={"accuracy": 0.012, "roc_auc": 0.0003}.get(change.name))
        for change in comparison.metrics
    )
    return structs.replace(
        comparison,
        metrics=tuple(metrics),
        noise=(
            NoiseSource(revision="main", runs=5, current=False),
            NoiseSource(revision="forest", runs=3, current=True),
        ),
        environment=(
            EnvironmentChange(name="cores", base="8", candidate="2"),
            EnvironmentChange(name="numpy", base="2.3.4", candidate=None),
        ),
    )


def many_metrics() -> Comparison:
    base = {f"class.{number}.recall": number / 300 for number in range(200)}
    moved = {name: value + 0.1 for name, value in list(base.items())[:3]}
    return _compared(dict(base), {**base, **moved})


def odd_values() -> Comparison:
    metrics: dict[str, Scalar] = {
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
        results.snapshot(results.JUST_RUN, dict(metrics), {"/close": "#1 !2 ~bug"}),
        rules=(GateRule(metric="@admin", min=0.5),),
        directions={},
    )


def better() -> Comparison:
    return _compared(
        {"accuracy": 0.9, "test.loss": {"log": 0.2, "hinge": 0.3}, "rows": 10},
        {"accuracy": 0.95, "test.loss": {"log": 0.1, "hinge": 0.25}, "rows": 10},
        (GateRule(metric="accuracy", max_drop=0),),
    )


def worse() -> Comparison:
    return _compared({"accuracy": 0.95, "f1": 0.9}, {"accuracy": 0.9, "f1": 0.8})


def new_and_gone() -> Comparison:
    return _compared({"accuracy": 0.95, "old_loss": 0.2}, {"accuracy": 0.95, "new_loss": 0.3})


def nested() -> Comparison:
    return _compared(
        {"train": {"fold": {"1": {"auc": 0.8}}}}, {"train": {"fold": {"1": {"auc": 0.9}, "2": {"auc": 0.7}}}}
    )


def data_changed() -> Known:
    before = ("id", "age", "sex")
    names = tuple(f"c{number}" for number in range(9))
    comparison = compare(
        results.snapshot(results.MAIN, {"auc": 0.5}, data=dict.fromkeys("abcd", "md5:11111111aa")),
        results.snapshot(results.FOREST, {"auc": 0.5}, data=dict.fromkeys("bcde", "md5:22222222bb")),
        rules=(),
        directions={},
    )
    return Known(
        project="breast-cancer",
        comparison=comparison,
        data={
            "b": (
                DataFacts(bytes=10, rows=1, columns=before),
                DataFacts(bytes=900, rows=3, columns=before[:2]),
            ),
            "c": (DataFacts(bytes=10, rows=2, columns=before), DataFacts(bytes=900, rows=2, columns=names)),
            "d": (DataFacts(files=3), DataFacts(files=2)),
            "e": (None, DataFacts(bytes=2_000_000)),
        },
    )


def twenty_images() -> Known:
    plots = tuple(results.roc_plot(f"Curve {number}") for number in range(20))
    return Known(project="breast-cancer", comparison=results.first_run(), plots=plots)


def huge_tables() -> Known:
    base: dict[str, Scalar] = {f"p{number}": number for number in range(400)}
    changed: dict[str, Scalar] = {f"p{number}": number + 1 for number in range(400)}
    comparison = compare(
        results.snapshot(results.MAIN, {"auc": 0.5}, base),
        results.snapshot(results.FOREST, {"auc": 0.5}, changed),
        rules=(),
        directions={},
    )
    return Known(project="breast-cancer", comparison=comparison)


def _compared(
    base: Mapping[str, object], candidate: Mapping[str, object], rules: tuple[GateRule, ...] = ()
) -> Comparison:
    return compare(
        results.snapshot(results.MAIN, _flat(base)),
        results.snapshot(results.FOREST, _flat(candidate)),
        rules=rules,
        directions={},
    )


def _flat(values: Mapping[str, object]) -> dict[str, Scalar]:
    """Metrics as a snapshot has them: with dots."""
    return flat_values({"metrics.json": values})


STORIES: Mapping[str, Callable[[], Known]] = {
    "first-run": lambda: alone(results.first_run()),
    "whole": whole,
    "better": lambda: alone(better()),
    "worse": lambda: alone(worse()),
    "failed-gate": lambda: alone(results.comparison(accuracy=0.89)),
    "new-and-gone": lambda: alone(new_and_gone()),
    "nested": lambda: alone(nested()),
    "working-tree": lambda: alone(results.comparison(results.WORKSPACE)),
    "many-metrics": lambda: alone(many_metrics()),
    "odd-values": lambda: alone(odd_values()),
    "data": data_changed,
    "twenty-images": twenty_images,
    "huge-tables": huge_tables,
}
