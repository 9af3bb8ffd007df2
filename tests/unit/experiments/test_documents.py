"""Files of parameters and dvc.lock say to emel what they say to DVC."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from emel.experiments.documents import load_yaml

SPELLED = [
    "1e-3",
    "1E+3",
    "2e5",
    "1_000",
    "0.1_2",
    "1.",
    ".5",
    "+.5",
    ".5e3",
    ".5e+3",
    "-.inf",
    ".NaN",
    "1e",
    "010",
    "08",
    "0o10",
    "0x1F",
    "0b11",
    "-0",
    "+1",
    "12:30",
    "1:30.5",
    "yes",
    "no",
    "on",
    "off",
    "y",
    "TRUE",
    "False",
    "tRUE",
    "~",
    "Null",
    "nULL",
    "",
    "2026-11-22",
    "12345678",
    "1e234567",
    "'1e-3'",
    "[1e-3, yes, 010]",
    "{on: off, 1e3: 2}",
]


def as_dvc(text: str) -> Any:
    """What DVC's own reader makes of it: dvc/utils/serialize/_yaml.py."""
    return YAML(typ="safe").load(text)


@pytest.mark.parametrize("text", SPELLED)
def test_a_value_is_what_dvc_takes_it_for(text: str) -> None:
    assert same(load_yaml(text), as_dvc(text))


@given(st.from_regex(r"[0-9+.a-zA-Z~][0-9+\-._eExobXOabfFnNsSyYil]{0,7}", fullmatch=True))
def test_so_is_any_other(text: str) -> None:
    try:
        expected = as_dvc(text)
    except ValueError:
        # "0x" or "+_": what looks like a number to DVC's reader, and is none, ends it.
        assume(False)
    assert same(load_yaml(text), expected)


def same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and math.isnan(one):
        return isinstance(other, float) and math.isnan(other)
    return type(one) is type(other) and one == other
