"""The best that each metric ever was."""

from __future__ import annotations

from tests.fakes.results import FOREST, MAIN, snapshot

from emel.compare import best_so_far, compare
from emel.records import Best, Revision, Scalar, Snapshot


def best(*past: tuple[str, Scalar], name: str = "accuracy") -> Best | None:
    """The best of values, the newest first, each with the commit that has it."""
    comparison = compare(snapshot(MAIN, {name: 0.1}), snapshot(FOREST, {name: 0.2}), rules=(), directions={})
    return best_so_far(comparison.metrics, [_past(commit, name, value) for commit, value in past]).get(name)


def _past(commit: str, name: str, value: Scalar) -> Snapshot:
    return snapshot(Revision(label=commit, commit=commit), {name: value})


def test_higher_is_better_where_the_name_says_so() -> None:
    found = best(("c", 0.8), ("b", 0.9), ("a", 0.7))

    assert found == Best(value=0.9, revision=Revision(label="b", commit="b"))


def test_lower_is_better_for_a_loss() -> None:
    found = best(("b", 0.8), ("a", 0.7), name="log_loss")

    assert found and found.value == 0.7


def test_of_equal_values_the_first_counts() -> None:
    found = best(("c", 0.9), ("b", 0.9), ("a", 0.1))

    assert found and found.revision.label == "b"


def test_what_was_no_number_does_not_count() -> None:
    found = best(("d", float("nan")), ("c", "0.99"), ("b", None), ("a", 0.5))

    assert found and found.value == 0.5


def test_without_a_direction_or_a_past_there_is_none() -> None:
    assert best(("a", 5), name="rows") is None
    assert best() is None
