"""Writes docs/reference/coverage.md: which tier takes which class, on how many rows, how far from the model.

    python scripts/coverage.py              # some minutes; needs the development dependencies
    python scripts/coverage.py Ridge SVC    # prints the lines of these classes, writes nothing

Every class of scikit-learn that predicts or transforms, and those of LightGBM, XGBoost and CatBoost, is
fitted on a real data set that comes with scikit-learn, and asked about held-out rows and rows made from the
model itself. The page holds no time and no digit that another processor would write otherwise.
"""

from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parent))

import numpy
from coverage_cases import Case, cases

from emel.errors import EmelError
from emel.lowering.boundary import boundary_rows
from emel.lowering.coarse import Splits
from emel.lowering.original import Original
from emel.models.tiers import onnx_tier, pure_tier
from emel_runtime.onnx_tier import OnnxModel
from emel_runtime.pure import load

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "coverage.md"
TOLERANCES = {"pure": 1e-6, "onnx": 1e-4}
NO_CONVERTER = "Unable to find a shape calculator"
"""What skl2onnx says of a class that it does not know."""
MOST_BOUNDARY_ROWS = 1000
HEADER = """\
<!-- Written by `python scripts/coverage.py`. -->

# Coverage

Each class was fitted with its defaults on a real data set, and its function asked about held-out rows and
about rows made from the model itself: each threshold and its neighbours, ends of ranges, categories. Labels
must be equal; the worst difference of a probability or a number (relative where it is above 1) is rounded up
to a power of ten. What stands beside `onnx` and `python` is why the pure tier does not take the class as it
is fitted here. Every model of yours is proved anew on your own rows before its function ships.
"""


class Line(NamedTuple):
    """What came of one class."""

    name: str
    tier: str
    rows: int
    worst: float
    reason: str


def main() -> None:
    """Write the page, or print the lines of the classes that are named."""
    wanted = set(sys.argv[1:])
    warnings.simplefilter("ignore")
    found: dict[str, list[Line]] = {}
    for case in cases():
        if not wanted or case.name in wanted:
            found.setdefault(f"{case.library}.{case.name}", []).append(settled(case))
            print(f"\r{case.name:40}", end="", file=sys.stderr)
    lines = [together(name, parts) for name, parts in sorted(found.items())]
    text = page(lines)
    if wanted:
        print(f"\n{text}")
        return
    PAGE.write_text(text, encoding="utf-8")
    print(f"\nwrote {PAGE}: {len(lines)} classes", file=sys.stderr)


def settled(case: Case) -> Line:
    """The first tier that takes the fitted class and passes parity."""
    try:
        model = case.fit()
    # What a library raises when it cannot be fitted here is its own.
    except Exception as problem:
        return Line(case.name, "–", 0, 0.0, f"not fitted here: {_words(problem)}")
    if not callable(getattr(model, "predict", None)):
        return Line(case.name, "–", 0, 0.0, "has no predict for new rows")
    reasons = []
    for tier in TOLERANCES:
        try:
            rows, worst = compared(tier, model, case)
        except EmelError as problem:
            reasons.append(problem.message if NO_CONVERTER not in problem.message else "has no converter")
            continue
        except Exception as problem:
            reasons.append(f"{type(problem).__name__}: {_words(problem)}")
            continue
        if worst <= TOLERANCES[tier]:
            return Line(case.name, tier, rows, worst, reasons[0] if reasons else "")
        reasons.append(f"differs by {_power(worst)}")
    return Line(case.name, "python", 0, 0.0, "; onnx ".join(reasons))


def compared(tier: str, model: Any, case: Case) -> tuple[int, float]:
    """How many rows were asked about, and the worst difference: infinite where a label differs.

    Errors: UnsupportedModelError, and what the libraries raise.
    """
    sample: list[list[Any]] = [list(row) for row in case.rows]
    make = pure_tier.make if tier == "pure" else onnx_tier.make
    made = make(model, case.columns, sample, Path("model.pkl"))
    function: Any = (
        load(made.data) if tier == "pure" else OnnxModel(made.data, made.engine, list(made.labels))
    )
    original = Original(model, case.columns, probabilities=bool(made.labels) and made.outputs == 1)
    # What computes in float32 can neither tell a threshold from its neighbours nor break a tie.
    coarse = tier == "onnx"
    beside = boundary_rows(made.notes, case.columns, sample, MOST_BOUNDARY_ROWS, coarse=coarse)
    if coarse:
        beside = Splits(made.notes, case.columns, sample).cleared(original.accepted(beside))
    rows = sample + original.accepted(beside)
    expected, shares = original.answers(rows)
    answered, probabilities = function.answer(rows)
    if made.labels and repr(list(answered)) != repr(list(expected)):
        return len(rows), math.inf
    if made.labels and shares is None:
        return len(rows), 0.0
    one, other = (probabilities, shares) if made.labels else (answered, expected)
    return len(rows), _distance(one, other)


def together(name: str, parts: Sequence[Line]) -> Line:
    """One line of a class that was fitted on several data sets: the last tier that it needed."""
    tiers = ["–", "pure", "onnx", "python"]
    last = max(parts, key=lambda line: tiers.index(line.tier))
    same = [line for line in parts if line.tier == last.tier]
    return Line(
        name, last.tier, sum(line.rows for line in same), max(line.worst for line in same), last.reason
    )


def page(lines: Sequence[Line]) -> str:
    """The page in Markdown."""
    parts = [HEADER]
    for library in dict.fromkeys(line.name.partition(".")[0] for line in lines):
        parts += [
            f"## {library}\n",
            "| class | tier | rows checked | worst difference | |",
            "|---|---|--:|--:|---|",
        ]
        for line in lines:
            if line.name.startswith(f"{library}."):
                rows = f"{line.rows:,}" if line.rows else ""
                worst = _power(line.worst) if line.rows else ""
                reason = line.reason.replace("|", "\\|")
                parts.append(
                    f"| `{line.name.partition('.')[2]}` | {line.tier} | {rows} | {worst} | {reason} |"
                )
        parts.append("")
    return "\n".join(parts)


def _distance(one: Any, other: Any) -> float:
    one, other = numpy.asarray(one, float), numpy.asarray(other, float)
    if one.shape != other.shape:
        return math.inf
    return float((numpy.abs(one - other) / numpy.maximum(1.0, numpy.abs(other))).max())


def _power(worst: float) -> str:
    if worst == 0 or math.isinf(worst):
        return "0" if worst == 0 else "a label"
    return f"1e{math.ceil(math.log10(worst))}"


def _words(problem: Exception) -> str:
    return str(problem).strip().partition("\n")[0][:120]


if __name__ == "__main__":
    main()
