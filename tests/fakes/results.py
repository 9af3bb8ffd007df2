"""Records of a whole story, to be told: a comparison, two bundles, an endpoint, a shadow, a price."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from msgspec import structs

from emel.compare import compare
from emel.records import (
    Bundle,
    ColdStart,
    Column,
    Comparison,
    CostLine,
    Distribution,
    Endpoint,
    Estimate,
    FlippedRow,
    FunctionSettings,
    FunctionVersion,
    GateRule,
    LabelChange,
    Latency,
    OriginalCost,
    Parity,
    Plot,
    Revision,
    RunRecord,
    Scalar,
    Shadow,
    Signature,
    Slice,
    Snapshot,
    Sweep,
    SweepCell,
    VmPrice,
)

MAIN = Revision(label="main", commit="1" * 40)
FOREST = Revision(label="forest", commit="2" * 40)
RESULTS = ("dvc.lock", "metrics.json")
WORKSPACE = Revision(
    label="workspace", commit="2" * 40, changes=(*RESULTS, "params.yaml", "train.py"), results=RESULTS
)
JUST_RUN = Revision(label="workspace", commit="2" * 40, changes=RESULTS, results=RESULTS)
RULES = (GateRule(metric="accuracy", min=0.9, max_drop=0.02), GateRule(metric="log_loss", max=0.2))


def snapshot(
    revision: Revision,
    metrics: dict[str, Scalar],
    params: dict[str, Scalar] | None = None,
    data: dict[str, str] | None = None,
) -> Snapshot:
    return Snapshot(revision=revision, metrics=metrics, params=params or {}, data=data or {})


def comparison(candidate: Revision = FOREST, *, accuracy: float = 0.9648) -> Comparison:
    """Some metrics better, one worse, one new, one gone; the gate passes with the default accuracy."""
    return compare(
        snapshot(
            MAIN,
            {"accuracy": 0.9718, "roc_auc": 0.9896, "log_loss": 0.1053, "rows": 142, "old": 1},
            {"model": "logistic_regression", "C": 1.0},
            {"models/model.joblib": "md5:8700294970eabf1e", "data/old.csv": "md5:00112233445566"},
        ),
        snapshot(
            candidate,
            {"accuracy": accuracy, "roc_auc": 0.9917, "log_loss": 0.1265, "rows": 142, "f1": 0.95},
            {"model": "random_forest", "trees": 100},
            {"models/model.joblib": "md5:62d10e773f026aad"},
        ),
        rules=RULES,
        directions={},
    )


def first_run() -> Comparison:
    return compare(None, snapshot(MAIN, {"accuracy": 0.9718, "rows": 142}), rules=(), directions={})


def without_gate() -> Comparison:
    return compare(
        snapshot(MAIN, {"accuracy": 0.9, "auc": 0.8, "log_loss": 0.2, "rows": 5}),
        snapshot(FOREST, {"accuracy": 0.95, "auc": 0.9, "log_loss": 0.3, "rows": 6}),
        rules=(),
        directions={},
    )


def roc_plot(name: str = "ROC curve") -> Plot:
    points = [
        {"x": x, "y": y, "rev": rev} for rev in ("main", "forest") for x, y in ((0, 0), (0.1, 0.9), (1, 1))
    ]
    document: dict[str, Any] = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "data": {"values": points},
        "mark": "line",
        "encoding": {
            "x": {"field": "x", "type": "quantitative"},
            "y": {"field": "y", "type": "quantitative"},
            "color": {"field": "rev", "type": "nominal"},
        },
    }
    return Plot(name=name, title=name, vega_lite=document)


def bundle(version: str = "v1.1.0", *, description: str = "RandomForestClassifier(100 trees)") -> Bundle:
    columns = (
        Column(name="mean_radius", type="float", minimum=6.5, maximum=28.1),
        Column(name="cells", type="integer", minimum=1, maximum=8),
        Column(name="site", type="string", categories=("left", "right")),
        Column(name="treated", type="boolean"),
    )
    return Bundle(
        path=Path("bundles/x.zip"),
        name="breast-cancer",
        version=version,
        commit=FOREST.commit,
        digest="sha256:00",
        zip_bytes=52_300,
        tier="pure",
        reason="all of it can be lowered",
        description=description,
        signature=Signature(columns=columns, task="classification", labels=("benign", "malignant")),
        parity=Parity(
            rows=142,
            boundary_rows=1204,
            tolerance=1e-6,
            max_abs_diff=2.2e-16,
            labels_equal=True,
            ok=True,
            worst_row=3,
        ),
        cold_start=ColdStart(
            seconds=0.0189,
            cpu_seconds=0.018,
            peak_rss_bytes=9_400_000,
            warm_call_seconds=0.0003,
            bare_interpreter_seconds=0.0152,
        ),
        original=OriginalCost(cpu_seconds=1.62, peak_rss_bytes=126_000_000),
        answers=Path("bundles/x.answers.json"),
        source_digest="sha256:01",
        sample_digest="sha256:02",
        built_by="0.1.0",
        bytecode=("3.11", "3.12"),
        projected_cold_start={128: 0.288, 512: 0.072, 2048: 0.018},
    )


def endpoint() -> Endpoint:
    version = FunctionVersion(
        number=2,
        digest="sha256:00",
        model_version="v1.1.0",
        commit=FOREST.commit,
        created="2026-11-22T10:00:00Z",
        settings=FunctionSettings(),
    )
    url = "http://127.0.0.1:8080/breast-cancer/mr-1"
    return Endpoint(
        url=url,
        function="breast-cancer",
        tag="mr-1",
        version=version,
        changed=True,
        example=f"curl -s {url}/example | curl -s {url}/predict -H 'Content-Type: application/json' -d @-",
    )


def shadow() -> Shadow:
    return Shadow(
        production_url="http://127.0.0.1:8080/breast-cancer/prod",
        candidate_url="http://127.0.0.1:8080/breast-cancer/mr-1",
        source="sample",
        rows=142,
        agreement=141 / 142,
        flipped=(FlippedRow(row=12, production="malignant", candidate="benign", difference=0.41),),
        label_changes=(LabelChange(production="malignant", candidate="benign", rows=1),),
        max_abs_diff=0.41,
        mean_abs_diff=0.031,
        differences=Distribution(
            quantiles={"p50": 0.02, "p90": 0.08, "p95": 0.11, "p99": 0.32},
            edges=(0.0, 0.205, 0.41),
            counts=(139, 3),
        ),
        slices=(Slice(column="site", condition="= left", rows=40, agreement=0.975, mean_abs_diff=0.05),),
        production_latency=latency(0.0011),
        candidate_latency=latency(0.0012),
    )


def run_record() -> RunRecord:
    return RunRecord(
        started="2026-11-22T09:58:00+00:00",
        seconds=12.34,
        ran=("prepare", "train"),
        python="3.12.11",
        system="Linux-6.1-x86_64",
        cores=2,
        memory_bytes=8 * 2**30,
        libraries={"scikit-learn": "1.9.0"},
        seeds={"train.seed": 7},
    )


def swept() -> Sweep:
    """Twelve cells of two parameters, the best first; the last one failed."""
    cells = [
        SweepCell(
            commit=FOREST.commit,
            params=(f"depth={depth}", f"data/params.yaml:layers={layers}"),
            metrics={"accuracy": 0.9 - depth / 100},
            seconds=3.25,
        )
        for depth in range(1, 7)
        for layers in ("[8]", "[8,8]")
    ]
    failed = structs.replace(cells[-1], metrics={}, error="stage `train` failed: `python train.py`")
    return Sweep(
        commit=FOREST.commit,
        metric="accuracy",
        direction="higher",
        cells=(*cells[:-1], failed),
        ran=12,
        apply="emel run --set depth=1 --set 'data/params.yaml:layers=[8]'",
    )


def latency(p50: float) -> Latency:
    return Latency(requests=50, first_seconds=0.02, p50_seconds=p50, p95_seconds=2 * p50, p99_seconds=3 * p50)


def estimate() -> Estimate:
    return Estimate(
        cloud="Yandex Cloud",
        currency="RUB",
        prices_of="2026-10-01",
        source="https://yandex.cloud/en/docs/functions/pricing",
        memory=128,
        processor_share=0.0625,
        seconds_per_call=0.0048,
        billed_seconds_per_call=0.1,
        per_million_calls=86.4,
        calls_per_month=100_000,
        per_month=0.0,
        extras=(
            CostLine(what="provisioned instances", detail="1 × 128 MB, waiting all month", per_month=127.8),
            CostLine(what="log", detail="0.0186 GiB written, 200 bytes a call", per_month=0.0),
        ),
        total_per_month=127.8,
        vm=VmPrice(name="the smallest VM", per_hour=0.9, per_month=648.0),
        break_even_calls_per_month=8_400_000,
        break_even_calls_per_second=3.2,
        preemptible=VmPrice(name="the smallest VM, preemptible", per_hour=0.1, per_month=72.0),
        preemptible_break_even_calls_per_month=0,
        projected_cold_start_seconds=0.29,
    )
