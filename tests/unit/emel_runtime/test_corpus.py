"""Every kind of event that a cloud sends, as its documentation shows it: see the source in each file."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.fakes.bucket import FakeBucket

from emel_runtime.app import App

CORPUS = {
    path.stem: json.loads(path.read_text("utf-8"))
    for path in sorted((Path(__file__).parents[2] / "corpus").glob("*.json"))
}
CONTEXT = SimpleNamespace(token={"access_token": "t1.token", "expires_in": 42299, "token_type": "Bearer"})
TABLE = {"/rows/in/day%201.csv": b"a,b\n5,1\n0,1\n"}


def answers_in(reply: Any) -> list[dict[str, Any]]:
    """The bodies in a reply, whatever its shape."""
    if isinstance(reply, str):
        reply = json.loads(reply)
    if "statusCode" in reply:
        reply = json.loads(reply["body"])
    return list(reply.get("answers", [reply]))


@pytest.mark.parametrize("name", CORPUS)
def test_each_event_is_answered_in_its_own_shape(
    name: str, app: App, capsys: pytest.CaptureFixture[str], bucket: FakeBucket
) -> None:
    event, expected = CORPUS[name]["event"], CORPUS[name]["expected"]
    bucket.objects.update(TABLE)

    reply = app.handle(event, CONTEXT)

    answers = answers_in(reply)
    line = json.loads(capsys.readouterr().out)
    found = [one for answer in answers for one in answer.get("predictions", [])]
    if "bucket" in expected:
        found = json.loads(bucket.objects["/rows/in/day%201.csv.predictions.json"])["predictions"]
    assert CORPUS[name]["source"]
    assert line["status"] == expected["status"]
    assert found == (expected["predictions"] or [])
    assert line["rows"] == len(found)
    assert len(answers) == expected.get("answers", 1)
    if "path" in expected:
        assert line["message"] == f"POST {expected['path']} {expected['status']}"
        assert reply["statusCode"] == expected["status"]
    if "request_id" in expected:
        assert line["request_id"] == expected["request_id"]
    if isinstance(event, str):
        assert isinstance(reply, str)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def events(draw: st.DrawFn) -> Any:
    """An event of the corpus with up to four of its parts, at any depth, replaced by anything."""
    event = json.loads(json.dumps(CORPUS[draw(st.sampled_from(sorted(CORPUS)))]["event"]))
    for _ in range(draw(st.integers(0, 4))):
        place = event
        while isinstance(place, dict | list) and place:
            keys = sorted(place) if isinstance(place, dict) else range(len(place))
            key = draw(st.sampled_from(keys))
            if draw(st.booleans()) or not isinstance(place[key], dict | list):
                if draw(st.booleans()) or isinstance(place, list):
                    place[key] = draw(VALUES)
                else:
                    del place[key]
                break
            place = place[key]
    return event


@settings(max_examples=600, suppress_health_check=list(HealthCheck))
@given(event=events() | VALUES)
def test_no_event_makes_a_500(app: App, capsys: pytest.CaptureFixture[str], event: Any) -> None:
    app.handle(event, None)

    assert json.loads(capsys.readouterr().out)["status"] < 500
