"""GitLab's refusals are told in its own words, whatever shape they have."""

from __future__ import annotations

import json

import pytest

from emel.forge.gitlab.refusals import words
from emel.system.http import HttpReply

JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (404, {"message": "404 Project Not Found"}, "Project Not Found"),
        (400, {"message": {"bio": ["is too long", "is odd"]}}, "bio is too long, is odd"),
        (400, {"message": {"base": ["Reference not found"]}}, "Reference not found"),
        (
            409,
            {"message": ["Another open merge request exists: !1"]},
            "Another open merge request exists: !1",
        ),
        (400, {"error": "body is missing"}, "body is missing"),
        (
            403,
            {"error": "insufficient_scope", "error_description": "More is needed.", "scope": "api"},
            "insufficient_scope, More is needed., scope: api",
        ),
        (400, {"message": {"a": {"b": ["is blank"]}}}, "a b is blank"),
        (500, {}, "Internal Server Error"),
        (500, [], "Internal Server Error"),
        (529, {}, "no reason given"),
    ],
)
def test_json_of_every_shape(status: int, body: object, said: str) -> None:
    assert words(HttpReply(status, JSON, json.dumps(body).encode())) == said


def test_plain_text() -> None:
    assert words(HttpReply(429, {"content-type": "text/plain"}, b"Retry later\n")) == "Retry later"


def test_a_web_page_is_not_repeated() -> None:
    assert words(HttpReply(502, {"content-type": "text/html"}, b"<html>nginx</html>")) == "Bad Gateway"


def test_a_flood_of_words_is_cut() -> None:
    assert len(words(HttpReply(400, JSON, json.dumps({"message": "a " * 9999}).encode()))) <= 500
