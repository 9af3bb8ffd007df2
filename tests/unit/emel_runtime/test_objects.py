"""New objects in a bucket: what is read, what is written beside, what is left alone."""

from __future__ import annotations

import gzip
import json
from types import SimpleNamespace
from typing import Any

import pytest
from tests.fakes.bucket import TOKEN, FakeBucket

from emel_runtime.app import App
from emel_runtime.contract import Retry

CONTEXT = SimpleNamespace(token={"access_token": TOKEN})


def created(key: str, name: str = "rows") -> dict[str, Any]:
    metadata = {"event_type": "yandex.cloud.events.storage.ObjectCreate"}
    details = {"bucket_id": name, "object_id": key}
    return {"messages": [{"event_metadata": metadata, "details": details}]}


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("r.csv", b"a,b\n5,1\n0,1\n"),
        ("r.CSV.gz", gzip.compress(b"a,b\n5,1\n0,1\n", mtime=0)),
        ("r.json", b'{"instances": [[5, 1], [0, 1]]}'),
        ("r.jsonl", b'{"a": 5, "b": 1}\n\n[0, 1]\r\n'),
    ],
)
def test_each_kind_of_object_is_answered_beside_it(
    app: App, bucket: FakeBucket, name: str, data: bytes
) -> None:
    bucket.objects[f"/rows/{name}"] = data

    reply = app.handle(created(name), CONTEXT)

    written = json.loads(bucket.objects[f"/rows/{name}.predictions.json"])
    assert written["predictions"] == ["yes", "no"]
    assert reply["answers"] == [{"rows": 2, "written": f"{name}.predictions.json", "status": 200}]


@pytest.mark.parametrize(("name", "status"), [("r.csv", 422), ("r.parquet", 415), ("r.json", 400)])
def test_what_is_wrong_with_an_object_is_written_beside_it(
    app: App, bucket: FakeBucket, name: str, status: int
) -> None:
    bucket.objects[f"/rows/{name}"] = b"a,b\n5,x\n"

    app.handle(created(name), CONTEXT)

    assert json.loads(bucket.objects[f"/rows/{name}.predictions.json"])["problem"]["status"] == status


def test_the_same_event_again_writes_the_same_object(app: App, bucket: FakeBucket) -> None:
    bucket.objects["/rows/r.csv"] = b"a,b\n5,1\n"
    app.handle(created("r.csv"), CONTEXT)
    once = dict(bucket.objects)

    app.handle(created("r.csv"), CONTEXT)

    assert bucket.objects == once


def test_an_object_that_cannot_be_answered_leaves_the_others_of_its_event_alone(
    app: App, bucket: FakeBucket, capsys: pytest.CaptureFixture[str]
) -> None:
    bucket.objects |= {"/rows/bad.csv": b"a\n", "/rows/good.csv": b"a,b\n5,1\n"}
    event = {"messages": [*created("bad.csv")["messages"], *created("good.csv")["messages"]]}

    reply = app.handle(event, CONTEXT)

    assert [answer["status"] for answer in reply["answers"]] == [422, 200]
    assert json.loads(bucket.objects["/rows/good.csv.predictions.json"])["predictions"] == ["yes"]
    assert json.loads(capsys.readouterr().out)["status"] == 422


def test_predictions_do_not_make_new_predictions(app: App, bucket: FakeBucket) -> None:
    reply = app.handle(created("r.csv.predictions.json"), CONTEXT)

    assert (reply["answers"], bucket.objects) == ([{"skipped": "predictions are no input"}], {})


@pytest.mark.parametrize(
    ("event", "context", "status"),
    [
        (created("r.csv", "foreign"), CONTEXT, 403),
        (created("r.csv"), None, 403),
        (created("r.csv"), SimpleNamespace(token={"access_token": "other"}), 403),
        (created("r.csv"), SimpleNamespace(token={"access_token": "a\r\nX: y"}), 403),
        (created("absent.csv"), CONTEXT, 404),
        (created("../other/r.csv"), CONTEXT, 403),
        (created("in/./r.csv"), CONTEXT, 403),
    ],
)
def test_what_may_not_be_read_is_refused(
    app: App, bucket: FakeBucket, event: Any, context: Any, status: int
) -> None:
    bucket.objects["/rows/r.csv"] = b"a,b\n5,1\n"

    assert app.handle(event, context)["answers"][0]["status"] == status
    assert list(bucket.objects) == ["/rows/r.csv"]


def test_a_bucket_that_fails_asks_for_the_event_again(
    app: App, bucket: FakeBucket, capsys: pytest.CaptureFixture[str]
) -> None:
    bucket.failing = 503

    with pytest.raises(Retry, match="status 503"):
        app.handle(created("r.csv"), CONTEXT)

    assert json.loads(capsys.readouterr().out)["status"] == 500
