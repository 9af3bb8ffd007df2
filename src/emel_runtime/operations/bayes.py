"""Naive Bayes over categories."""

from __future__ import annotations

from emel_runtime.operations import Unfit, require_finite

TYPE_CHECKING = False
if TYPE_CHECKING:
    from emel_runtime.operations import Step, Vector


def category_scores(scores: memoryview, counts: memoryview, priors: memoryview) -> Step:
    """The sum of what each element's category adds to each class, and then the class's prior.

    An element is a category's number, cut to an integer. `scores` holds the rows of one class per category,
    for one element after another; `counts` are the numbers of categories.
    """
    width = len(priors)
    flat, shares = scores.tolist(), priors.tolist()
    rows = [flat[start : start + width] for start in range(0, len(flat), width)]
    tables = []
    start = 0
    for count in counts.tolist():
        tables.append(rows[start : start + count])
        start += count

    def step(row: Vector) -> Vector:
        require_finite(row)
        totals = [0.0] * width
        for value, table in zip(row, tables):  # noqa: B905
            category = int(value)
            if not 0 <= category < len(table):
                raise Unfit(f"{category} is no category that the model has seen")
            totals = [total + score for total, score in zip(totals, table[category])]  # noqa: B905
        return [total + share for total, share in zip(totals, shares)]  # noqa: B905

    return step
