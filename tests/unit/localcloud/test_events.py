from __future__ import annotations

import base64

import pytest

from emel.localcloud.events import MalformedReply, Reply, Request, answer_of, event_of

AS_JSON = ("content-type", "application/json")


def request(**changes: object) -> Request:
    sample = Request(
        "POST", "/predict", "a=1&a=2&b=", [("content-type", "application/json")], "10.0.0.9", b"{}"
    )
    return sample._replace(**changes)


def test_a_request_becomes_an_event_with_every_key_that_the_cloud_sends() -> None:
    event = event_of(request(), "id-1")

    assert event["httpMethod"] == "POST"
    assert event["path"] == "/predict"
    assert event["url"] == "/predict?a=1&a=2&b="
    assert event["queryStringParameters"] == {"a": "2", "b": ""}
    assert event["multiValueQueryStringParameters"] == {"a": ["1", "2"], "b": [""]}
    assert event["headers"]["Content-Type"] == "application/json"
    assert event["headers"]["X-Request-Id"] == "id-1"
    assert event["requestContext"]["identity"] == {"sourceIp": "10.0.0.9", "userAgent": ""}
    assert event["requestContext"]["requestId"] == "id-1"
    assert (event["body"], event["isBase64Encoded"]) == ("{}", False)


def test_a_header_that_is_sent_twice_keeps_both_values() -> None:
    event = event_of(request(headers=[("x-a", "1"), ("x-a", "2")]), "id")
    assert event["headers"]["X-A"] == "2"
    assert event["multiValueHeaders"]["X-A"] == ["1", "2"]


@pytest.mark.parametrize("name", ["authorization", "cookie", "connection", "te"])
def test_headers_that_the_cloud_removes_are_removed(name: str) -> None:
    headers = event_of(request(headers=[(name, "secret")]), "id")["headers"]
    assert "secret" not in headers.values()


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ([("content-type", "text/plain")], b"text"),
        ([("content-type", "application/json")], b"\xff\xfe"),
        ([], b"x"),
    ],
)
def test_a_body_that_is_not_json_text_comes_in_base64(headers: list[tuple[str, str]], body: bytes) -> None:
    event = event_of(request(headers=headers, body=body), "id")
    assert event["isBase64Encoded"]
    assert base64.b64decode(event["body"]) == body


def test_a_reply_becomes_an_answer() -> None:
    reply = Reply(
        statusCode=201,
        headers={"Content-Type": "text/plain", "X-A": "lost"},
        multiValueHeaders={"X-A": ["1", "2"]},
        body="привет",
    )
    assert answer_of(reply) == (
        201,
        [("content-type", "text/plain"), ("x-a", "1"), ("x-a", "2")],
        "привет".encode(),
    )


def test_headers_that_would_harm_the_connection_are_left_out_or_renamed() -> None:
    reply = Reply(headers={"Content-Length": "5", "Connection": "close", "Server": "mine"})
    assert answer_of(reply)[1] == [("x-yf-remapped-server", "mine")]


def test_a_body_in_base64_is_decoded() -> None:
    assert answer_of(Reply(body="AP8=", isBase64Encoded=True))[2] == b"\x00\xff"


@pytest.mark.parametrize(
    "reply",
    [
        Reply(statusCode=99),
        Reply(statusCode=1000),
        Reply(headers={"Transfer-Encoding": "chunked"}),
        Reply(headers={"X-A": "one\r\nX-B: two"}),
        Reply(headers={"X A": "one"}),
        Reply(body="%%%", isBase64Encoded=True),
        Reply(body="x" * 3_500_001),
    ],
)
def test_a_reply_that_http_cannot_carry_is_refused(reply: Reply) -> None:
    with pytest.raises(MalformedReply):
        answer_of(reply)
