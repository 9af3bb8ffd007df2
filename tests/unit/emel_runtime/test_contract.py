"""The contract is kept to the letter: schemathesis tries it on a function of two kinds of columns."""

from __future__ import annotations

import re
from typing import Any

import pytest
from tests.fakes.served import without_paths

from emel.apitest.address import address_of
from emel.apitest.client import Client
from emel.apitest.contract import RUNS, try_contract
from emel.system.http import SystemHttp
from emel.system.process import SystemProcess

pytestmark = pytest.mark.slow


@pytest.fixture
def function(make_function: Any, make_column: Any) -> Any:
    columns = [
        make_column("n", "integer", missing=True),
        {**make_column("s", "string"), "categories": ["x", "y"]},
    ]
    return make_function(columns)


def requests_in(told: str) -> int:
    return sum(map(int, re.findall(r"\((\d+) requests\)", told)))


def test_made_up_requests_keep_it_behind_a_key_and_without_paths(function: Any) -> None:
    with without_paths(function, key="s3cret") as url:
        client = Client(address_of(url), SystemHttp())
        told = try_contract(client, SystemProcess(), key="s3cret", runs=RUNS[:1])

    assert requests_in(told) > 50


def test_each_limit_of_each_schema_is_kept(function: Any) -> None:
    with without_paths(function) as url:
        told = try_contract(
            Client(address_of(url), SystemHttp()), SystemProcess(), runs=[("coverage", 240.0)]
        )

    assert requests_in(told) > 500
