"""Classes by the logarithms of their likelihoods."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf, log

from emel.lowering.builder import Program
from emel.lowering.values import Label, Outputs, Value


def likeliest(labels: Iterable[Label], program: Program, scores: Value) -> Outputs:
    """The likeliest class, and the probabilities of all; no decision function.

    Probabilities round the scores, so that two of them may become equal: the label is that of the scores.
    """
    label = program.add("argmax", scores, width=1)
    return Outputs(tuple(labels), program.add("likelihoods", scores), label=label)


def logarithms(numbers: Iterable[float]) -> list[float]:
    """The logarithm of each; a class that has the probability 0 stays impossible."""
    return [log(number) if number > 0.0 else -inf for number in numbers]
