"""A candidate's answers beside production's, on the same rows."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from statistics import fmean
from typing import Any, NamedTuple

from emel.apitest.address import address_of
from emel.apitest.client import Client, Prediction, batches, request_body, said
from emel.apitest.difference import distance, largest_difference, same_label
from emel.apitest.distribution import distribution
from emel.apitest.latency import latency_of
from emel.apitest.slices import worst_slices
from emel.errors import EndpointError
from emel.records import Answers, FlippedRow, LabelChange, Latency, RowSource, Scalar, Shadow
from emel.system.clock import Clock
from emel.system.http import Http

LATENCY_ROUNDS = 50
"""Requests with one row that each endpoint gets, in turn with the other."""


def compare_endpoints(
    production: str,
    candidate: str,
    *,
    rows: Answers,
    source: RowSource = "sample",
    tolerance: float,
    http: Http,
    clock: Clock | None = None,
    key: str | None = None,
) -> Shadow:
    """Send the sample rows of `rows` to both endpoints and compare what they say.

    For regression, rows agree whose numbers differ by `tolerance` at most, relative to production's. With a
    `clock` the latency of both is measured too, by requests that go to each in turn. `key` is what both ask
    for. Errors: EndpointError when one of them does not answer the rows, as when the model's columns have
    changed.
    """
    if not rows.sample_rows:
        raise EndpointError("there are no rows to compare on")
    before, after = (Client(address_of(url), http, key=key) for url in (production, candidate))
    pairs = list(_pairs(before, after, rows, tolerance))
    differences = [pair.difference for pair in pairs]
    flipped = [(row, pair) for row, pair in enumerate(pairs) if not pair.agrees]
    latencies = _latencies(before, after, rows, clock) if clock else (None, None)
    return Shadow(
        production_url=before.url,
        candidate_url=after.url,
        source=source,
        rows=len(pairs),
        agreement=1 - len(flipped) / len(pairs),
        flipped=_flipped_rows(flipped),
        label_changes=_label_changes(pair for _, pair in flipped) if rows.labels is not None else (),
        max_abs_diff=max(map(abs, differences)),
        mean_abs_diff=fmean(map(abs, differences)),
        differences=distribution(differences),
        slices=worst_slices(rows, differences, frozenset(row for row, _ in flipped)),
        production_latency=latencies[0],
        candidate_latency=latencies[1],
    )


class _Pair(NamedTuple):
    """Two answers to one row."""

    production: Scalar
    candidate: Scalar
    difference: float
    """With a sign where both are one number."""
    agrees: bool


def _pairs(before: Client, after: Client, rows: Answers, tolerance: float) -> Iterator[_Pair]:
    for part in batches(rows):
        sent = rows.rows[part.start : part.stop]
        ours, theirs = (client.predict(rows.columns, sent) for client in (before, after))
        for place in range(len(sent)):
            old, new = ours.predictions[place], theirs.predictions[place]
            if rows.labels is None:
                difference = _signed_distance(old, new)
                agrees = abs(difference) <= tolerance
            else:
                agrees = same_label(old, new)
                difference = _label_difference(ours, theirs, place, agrees)
            yield _Pair(_shown(old), _shown(new), difference, agrees)


def _signed_distance(before: Any, after: Any) -> float:
    difference = distance(before, after)
    if math.isinf(difference):
        raise EndpointError(f"the answers {before!r} and {after!r} are not numbers of one shape")
    return -difference if not isinstance(before, list) and after < before else difference


def _label_difference(ours: Prediction, theirs: Prediction, place: int, agrees: bool) -> float:
    if ours.probabilities is None or theirs.probabilities is None:
        return 0.0 if agrees else 1.0
    return largest_difference(ours.probabilities[place], theirs.probabilities[place])


def _shown(prediction: Any) -> Scalar:
    return ", ".join(map(str, prediction)) if isinstance(prediction, list) else prediction


def _flipped_rows(flipped: Sequence[tuple[int, _Pair]]) -> tuple[FlippedRow, ...]:
    rows = (
        FlippedRow(
            row=row, production=pair.production, candidate=pair.candidate, difference=abs(pair.difference)
        )
        for row, pair in flipped
    )
    return tuple(sorted(rows, key=lambda item: (-item.difference, item.row)))


def _label_changes(flipped: Iterable[_Pair]) -> tuple[LabelChange, ...]:
    counts = Counter((pair.production, pair.candidate) for pair in flipped)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))
    return tuple(LabelChange(production=old, candidate=new, rows=rows) for (old, new), rows in ordered)


def _latencies(before: Client, after: Client, rows: Answers, clock: Clock) -> tuple[Latency, Latency]:
    """Of production and candidate. Who is asked first changes from round to round."""
    taken: tuple[list[float], list[float]] = ([], [])
    for number in range(LATENCY_ROUNDS):
        body = request_body(rows.columns, [rows.rows[number % rows.sample_rows]])
        order = (0, 1) if number % 2 == 0 else (1, 0)
        for side in order:
            client = (before, after)[side]
            began = clock.monotonic()
            reply = client.send("POST", "/predict", body)
            taken[side].append(clock.monotonic() - began)
            if reply.status != 200:
                raise EndpointError(
                    f"POST /predict with 1 row got status {reply.status}: {said(reply)}", where=client.url
                )
    production, candidate = (latency_of(seconds, first=seconds[0]) for seconds in taken)
    return production, candidate
