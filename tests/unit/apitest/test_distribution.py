"""How differences are spread."""

from __future__ import annotations

from emel.apitest.distribution import BINS, distribution


def test_every_difference_is_in_one_bin() -> None:
    spread = distribution([number / 100 for number in range(101)])

    assert (len(spread.edges), len(spread.counts), sum(spread.counts)) == (BINS + 1, BINS, 101)
    assert (spread.edges[0], spread.edges[-1]) == (0.0, 1.0)
    assert spread.quantiles == {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}


def test_quantiles_are_of_the_size_whichever_the_sign() -> None:
    spread = distribution([-2.0, 1.0])

    assert (spread.edges[0], spread.edges[-1]) == (-2.0, 1.0)
    assert spread.quantiles["p99"] == 2.0
    assert (spread.counts[0], spread.counts[-1]) == (1, 1)


def test_without_any_difference_there_is_one_bin() -> None:
    spread = distribution([0.0, 0.0])

    assert (spread.edges, spread.counts) == ((0.0, 0.0), (2,))
