"""A candidate's answers beside production's, on the same rows."""

from __future__ import annotations

from pathlib import Path

from emel.apitest.client import Client, Prediction, batches, largest_difference, read_answers, same_label
from emel.errors import EndpointError
from emel.records import FlippedRow, Shadow
from emel.system.http import Http


def compare_endpoints(
    production: str, candidate: str, *, answers: Path, tolerance: float, http: Http
) -> Shadow:
    """Send the sample rows of `answers` to both endpoints and compare what they say.

    For regression, rows agree whose numbers differ by `tolerance` at most. Errors: EndpointError when one
    of them does not answer the rows, which is so when the model's columns have changed.
    """
    recorded = read_answers(answers)
    if not recorded.sample_rows:
        raise EndpointError("there are no sample rows to compare on", where=str(answers))
    clients = Client(production, http), Client(candidate, http)
    flipped: list[FlippedRow] = []
    differences: list[float] = []
    for part in batches(recorded):
        rows = recorded.rows[part.start : part.stop]
        ours, theirs = (client.predict(recorded.columns, rows) for client in clients)
        for place, row in enumerate(part):
            before, after = ours.predictions[place], theirs.predictions[place]
            if recorded.labels is None:
                difference = _distance(before, after)
                agrees = difference <= tolerance
            else:
                agrees = same_label(before, after)
                difference = _label_difference(ours, theirs, place, agrees)
            differences.append(difference)
            if not agrees:
                flipped.append(FlippedRow(row=row, production=before, candidate=after, difference=difference))
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


def _distance(before: object, after: object) -> float:
    if isinstance(before, int | float) and isinstance(after, int | float):
        return abs(float(before) - float(after))
    raise EndpointError(f"a regression model answers {before!r} and {after!r}, which are not both numbers")
