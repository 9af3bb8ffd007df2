"""A candidate's answers beside production's, on the same rows."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from emel.apitest.address import address_of
from emel.apitest.client import Client, Prediction, batches, read_answers
from emel.apitest.difference import distance, largest_difference, same_label
from emel.errors import EndpointError
from emel.records import Answers, FlippedRow, Scalar, Shadow
from emel.system.http import Http


def compare_endpoints(
    production: str,
    candidate: str,
    *,
    answers: Path | Answers,
    tolerance: float,
    http: Http,
    key: str | None = None,
) -> Shadow:
    """Send the sample rows of `answers` to both endpoints and compare what they say.

    For regression, rows agree whose numbers differ by `tolerance` at most, relative to production's. `key` is
    what both ask for. Errors: EndpointError when one of them does not answer the rows, as when the model's
    columns have changed.
    """
    recorded = read_answers(answers) if isinstance(answers, Path) else answers
    if not recorded.sample_rows:
        raise EndpointError("there are no rows to compare on")
    clients = tuple(Client(address_of(url), http, key=key) for url in (production, candidate))
    flipped: list[FlippedRow] = []
    differences: list[float] = []
    for part in batches(recorded):
        rows = recorded.rows[part.start : part.stop]
        ours, theirs = (client.predict(recorded.columns, rows) for client in clients)
        for place, row in enumerate(part):
            before, after = ours.predictions[place], theirs.predictions[place]
            if recorded.labels is None:
                difference = distance(before, after)
                if math.isinf(difference):
                    raise EndpointError(f"the answers {before!r} and {after!r} are not numbers of one shape")
                agrees = difference <= tolerance
            else:
                agrees = same_label(before, after)
                difference = _label_difference(ours, theirs, place, agrees)
            differences.append(difference)
            if not agrees:
                shown = {"production": _shown(before), "candidate": _shown(after)}
                flipped.append(FlippedRow(row=row, difference=difference, **shown))
    flipped.sort(key=lambda item: (-item.difference, item.row))
    return Shadow(
        production_url=clients[0].url,
        candidate_url=clients[1].url,
        rows=len(differences),
        agreement=1 - len(flipped) / len(differences),
        flipped=tuple(flipped),
        max_abs_diff=max(differences),
        mean_abs_diff=sum(differences) / len(differences),
    )


def _label_difference(ours: Prediction, theirs: Prediction, place: int, agrees: bool) -> float:
    if ours.probabilities is None or theirs.probabilities is None:
        return 0.0 if agrees else 1.0
    return largest_difference(ours.probabilities[place], theirs.probabilities[place])


def _shown(prediction: Any) -> Scalar:
    return ", ".join(map(str, prediction)) if isinstance(prediction, list) else prediction
