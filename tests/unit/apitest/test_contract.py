"""How schemathesis is started, what is made of its output, and that it learns no key by its arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import urllib3
from tests.fakes.endpoint import FakeEndpoint, problem

from emel.apitest.address import address_of
from emel.apitest.client import Client
from emel.apitest.contract import require_schemathesis, try_contract
from emel.apitest.relay import relayed
from emel.errors import EndpointError, MissingExtraError
from emel.system.process import Completed

KEY = "s3cret-key"
FAILURE = """
___________ POST /predict ___________
- Undocumented HTTP status code

    curl -X POST -H 'X-Api-Key: s3cret-key' {url}/predict
"""


class Schemathesis:
    """The program: says what it is told to, or does not end; asks the endpoint for its contract first."""

    def __init__(self, *, returncode: int = 0, output: str = "{url}", slow: Sequence[str] = ()) -> None:
        self.commands: list[list[str]] = []
        self.settings: list[str] = []
        self.env: Mapping[str, str] = {}
        self._ends = returncode, output
        self._slow = slow

    def run(self, command: Sequence[str | Path], *, cwd: Path, **given: Any) -> Completed:
        words = list(map(str, command))
        self.commands.append(words)
        self.settings.append((cwd / "schemathesis.toml").read_text("utf-8"))
        self.env = given["env"]
        if words[words.index("--phases") + 1] in self._slow:
            raise TimeoutError
        returncode, output = self._ends
        return Completed(returncode, output.replace("{url}", words[words.index("--url") + 1]), "")


def client(url: str = "http://prod/demo/prod", **about: Any) -> Client:
    return Client(address_of(url), FakeEndpoint({"prod": lambda row: (1, None)}, columns=("size",), **about))


def test_without_schemathesis_the_package_to_install_is_named() -> None:
    with pytest.raises(MissingExtraError, match="needs schemathesis") as caught:
        require_schemathesis(lambda name: None)

    assert "emel[test]" in str(caught.value.hint)
    assert caught.value.exit_code == 15


def test_the_number_of_requests_is_told() -> None:
    told = try_contract(client(), Schemathesis(output="  412 generated, 412 passed"))

    assert "examples,fuzzing (412 requests), coverage (412 requests)" in told


def test_the_end_of_its_time_is_a_failure_but_for_coverage() -> None:
    assert "not to its end within 60 s" in try_contract(client(), Schemathesis(slow=["coverage"]))
    with pytest.raises(EndpointError, match="not tried to its end within 120 s"):
        try_contract(client(), Schemathesis(slow=["examples,fuzzing"]))


def test_a_key_is_in_no_argument_no_file_and_no_message() -> None:
    program = Schemathesis(returncode=1, output=FAILURE)

    with pytest.raises(EndpointError, match=r"POST /predict; Undocumented.*\[redacted\]") as caught:
        try_contract(client(), program, key=KEY)

    assert KEY not in str(caught.value)
    assert KEY not in repr(program.commands + program.settings)
    assert KEY in program.env.values()
    assert "X-Api-Key" in program.settings[0]


def test_what_failed_behind_the_relay_is_told_with_the_endpoints_own_address() -> None:
    program = Schemathesis(returncode=1, output=FAILURE)

    with pytest.raises(EndpointError) as caught:
        try_contract(client("http://prod/demo/prod?tag=b&route=/"), program)

    assert caught.value.message.endswith("'http://prod/demo/prod?tag=b&route=/predict'")
    assert program.commands[0][program.commands[0].index("--url") + 1].startswith("http://127.0.0.1:")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/health", 200), ("POST", "/predict", 400), ("PATCH", "/predict", 405), ("HEAD", "/none", 404)],
)
def test_the_relay_passes_on_what_comes(method: str, path: str, status: int) -> None:
    behind = client("http://prod/demo/prod?tag=b&route=/", has_paths=False)

    with relayed(behind) as url, urllib3.PoolManager() as pool:
        reply = pool.request(method, url + path, body=b"[" if method == "POST" else None, retries=False)

    assert reply.status == status
    assert reply.data or method == "HEAD"
    assert reply.headers["content-type"].startswith("application/")


def test_an_endpoint_that_does_not_answer_is_a_502_behind_the_relay() -> None:
    with relayed(client("http://nobody/?route=/")) as url, urllib3.PoolManager() as pool:
        reply = pool.request("GET", f"{url}/health", retries=False)

    assert (reply.status, b"no answer" in reply.data) == (502, True)


def test_the_answer_of_the_endpoint_is_not_changed_by_the_relay() -> None:
    behind = client("http://prod/demo/prod?route=/", has_paths=False, key=KEY)

    with relayed(behind) as url, urllib3.PoolManager() as pool:
        reply = pool.request("POST", f"{url}/predict", body=b"[]", retries=False)

    assert (reply.status, reply.data) == (401, problem(401).body)
