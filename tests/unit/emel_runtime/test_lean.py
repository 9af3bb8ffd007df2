"""The C parts of json read and write what json does."""

from __future__ import annotations

import hashlib
import json
import math
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import emel_runtime
from emel_runtime.lean import DuplicateKey, digest, dumps, loads, loads_strictly

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON)
def test_writes_and_reads_as_json_does(value: object) -> None:
    assert dumps(value) == json.dumps(value)
    assert loads(json.dumps(value, indent=1)) == value


@given(st.text(alphabet='[]{}",:0123456789eE+-.truefalsnl\\u \n\t'))
def test_takes_and_refuses_the_same_texts(text: str) -> None:
    try:
        expected = json.loads(text)
    except ValueError:
        with pytest.raises(ValueError, match="char"):
            loads(text)
    else:
        assert repr(loads(text)) == repr(expected)


def test_nan_is_read_and_not_written() -> None:
    assert math.isnan(loads("NaN"))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="JSON compliant"):
        dumps(math.nan)


def test_the_last_of_many_keys_may_stand_twice() -> None:
    # As many as a body may hold: looking at each pair of them would take half an hour.
    keys = ",".join(f'"{number}":0' for number in range(250_000))

    with pytest.raises(DuplicateKey, match="249999"):
        loads_strictly(f'{{{keys},"249999":1}}')


@given(st.binary())
def test_digest_is_sha256(data: bytes) -> None:
    assert digest(data) == "sha256:" + hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("text", ["{not json", '["', '{"a" 1}', '"\\x"'])
def test_a_bare_interpreter_says_what_is_wrong_too(text: str) -> None:
    """Nothing has loaded json there, by which the scanner says it up to Python 3.11."""
    script = """
import sys
sys.path.insert(0, sys.argv[1])
from emel_runtime.lean import loads
assert "json" not in sys.modules
try:
    loads(sys.argv[2])
except ValueError as problem:
    print(problem)
"""
    folder = Path(emel_runtime.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script, folder, text], capture_output=True, text=True
    )
    try:
        json.loads(text)
    except ValueError as problem:
        assert done.stdout.strip() == str(problem)
    assert done.stderr == ""
