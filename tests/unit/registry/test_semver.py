from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emel.registry.semver import Bump, SemVer, parse

PARTS = st.one_of(
    st.integers(0, 99).map(str), st.from_regex(r"\A[a-z-][a-z0-9-]{0,3}\Z").filter(lambda text: bool(text))
)
VERSIONS = st.builds(
    SemVer,
    st.integers(0, 9),
    st.integers(0, 9),
    st.integers(0, 9),
    st.lists(PARTS, max_size=3).map(".".join),
    st.lists(PARTS, max_size=2).map(".".join),
)


@given(VERSIONS)
def test_what_is_written_is_read_back(version: SemVer) -> None:
    assert parse(str(version)) == version


@given(VERSIONS, st.sampled_from(["major", "minor", "patch"]))
def test_the_next_version_is_greater_and_released(version: SemVer, bump: Bump) -> None:
    following = version.next(bump)

    assert following.rank() > version.rank()
    assert following.prerelease == ""


@pytest.mark.parametrize(
    ("before", "bump", "after"),
    [
        ("v1.2.3", "major", "v2.0.0"),
        ("v1.2.3", "minor", "v1.3.0"),
        ("v1.2.3", "patch", "v1.2.4"),
        ("v2.0.0-rc.1", "major", "v2.0.0"),
        ("v2.0.0-rc.1", "minor", "v2.0.0"),
        ("v1.2.1-rc.1", "minor", "v1.3.0"),
        ("v1.2.1-rc.1", "patch", "v1.2.1"),
    ],
)
def test_a_part_is_raised_and_those_after_it_begin_anew(before: str, bump: Bump, after: str) -> None:
    version = parse(before)

    assert version is not None and str(version.next(bump)) == after


def test_the_order_is_that_of_the_specification() -> None:
    # The example of https://semver.org, point 11.4.
    order = ["alpha", "alpha.1", "alpha.beta", "beta", "beta.2", "beta.11", "rc.1"]
    parsed = [parse(f"v1.0.0-{part}") for part in order] + [parse("v1.0.0")]

    ranks = [version.rank() for version in parsed if version]
    assert len(ranks) == 8 and ranks == sorted(ranks)


@pytest.mark.parametrize("text", ["1.0.0", "v1", "v1.0.0.0", "v1.0.0-01", "v1.0.0-", "v1.٢.0", "v1.0.0\n"])
def test_anything_else_is_no_version(text: str) -> None:
    assert parse(text) is None
