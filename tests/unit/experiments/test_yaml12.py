"""What DVC reads in a file is what emel reads in it."""

from __future__ import annotations

import pytest
import yaml
from dvc.utils.serialize import parse_yaml

from emel.experiments import yaml12

SCALARS = (
    *("1e-5", "1e-05", "1E5", "-1e+3", "1.0e-5", "1.", "-.5", ".5e-3", "1.5e3", "1_000.5", ".inf", "-.INF"),
    *("017", "08", "0o17", "0x1F", "-0x1f", "0b101", "1_000", "+1", "-7", "0", "12345678", "00000000"),
    *("1e234567", "8e886123", "12e45678", "1:30", "12:30:45", "1.2.3", "1e", "e5", "0o9", "0xg", "1__0"),
    *("yes", "No", "on", "OFF", "y", "True", "TRUE", "false", "~", "null", "Null", "2026-11-22", "v1.0"),
)


@pytest.mark.parametrize("scalar", SCALARS)
def test_a_plain_scalar_is_what_it_is_to_dvc(scalar: str) -> None:
    text = f"value: {scalar}\nlist: [{scalar}]\ndeep: {{key: '{scalar}'}}\n"

    assert repr(yaml12.parse(text)) == repr(parse_yaml(text, "params.yaml"))


def test_what_is_no_number_is_not_read_as_one() -> None:
    assert yaml12.parse("a: .nan\n")["a"] != 0
    assert yaml12.parse("") is None
    with pytest.raises(yaml.YAMLError):
        yaml12.parse("a: [")
