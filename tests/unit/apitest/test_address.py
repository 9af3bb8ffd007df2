"""Where an endpoint's routes are."""

from __future__ import annotations

import pytest

from emel.apitest.address import Address, address_of

FUNCTION = "https://functions.yandexcloud.net/d4e0000"


@pytest.mark.parametrize(
    ("url", "routes", "found"),
    [
        ("http://h/churn/prod", "path", "http://h/churn/prod/health"),
        ("http://h/churn/prod/", "path", "http://h/churn/prod/health"),
        ("http://h/churn?stage=b&x=%20", "path", "http://h/churn/health?stage=b&x=+"),
        (FUNCTION, "query", f"{FUNCTION}?route=/health"),
        (f"{FUNCTION}?tag=prod", "query", f"{FUNCTION}?tag=prod&route=/health"),
        (f"{FUNCTION}?route=/&tag=prod#top", "query", f"{FUNCTION}?tag=prod&route=/health"),
    ],
)
def test_a_route_is_below_the_url_or_in_its_query(url, routes, found):
    assert Address(url, routes).of("/health") == found


@pytest.mark.parametrize(
    ("routes", "found"),
    [("path", "http://h/m/predict?debug=1"), ("query", "http://h/m?debug=1&route=/predict")],
)
def test_a_path_keeps_a_query_of_its_own(routes, found):
    assert Address("http://h/m", routes).of("/predict?debug=1") == found


@pytest.mark.parametrize(
    ("url", "routes"),
    [
        ("http://h/churn/prod", "path"),
        ("https://functions.yandexcloud.net.example/d4e", "path"),
        (FUNCTION, "query"),
        (f"{FUNCTION}?tag=prod", "query"),
        ("http://h/m?route=/", "query"),
    ],
)
def test_the_url_tells_what_is_likely(url, routes):
    assert address_of(url).routes == routes
    assert address_of(url, "path").routes == "path"
