"""An endpoint against its own OpenAPI document, tried by schemathesis in a process of its own."""

from __future__ import annotations

import re
import shlex
import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

from emel.apitest.client import Client
from emel.apitest.relay import relayed
from emel.errors import EndpointError, MissingExtraError
from emel.system.process import Process
from emel_runtime.contract import KEY_HEADER

EXAMPLES = 30
"""Requests that fuzzing makes up per operation and kind of data, besides those of the other phases."""
SEED = 1
RUNS = (("examples,fuzzing", 120.0), ("coverage", 60.0))
"""Phases, and the seconds for them. `coverage` takes each limit of each schema in turn: for a model of many
columns thousands of requests, so that the end of its time is no failure. `stateful` is left out, since no
operation makes anything that another could be asked for."""
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "positive_data_acceptance",
    "unsupported_method",
    "allow_header_conformance",
    "ignored_auth",
)
"""Left out are `missing_required_header`, since no header is required, and `use_after_free`,
`ensure_resource_availability` and `object_level_authorization`, which are of APIs that keep things."""
VARIABLE = "EMEL_TEST_API_KEY"
"""What the key is called in the environment of schemathesis: it is in no argument, and in no file."""
SETTINGS = """\
[checks.positive_data_acceptance]
# A schema cannot say which numbers a model's arithmetic can take, nor that a tensor's data fit its shape.
expected-statuses = ["2xx", "422", "429", "5xx"]
"""
SETTINGS_WITH_KEY = f'headers = {{ {KEY_HEADER} = "${{{VARIABLE}}}" }}\n' + SETTINGS


def require_schemathesis(find: Callable[[str], object] = find_spec) -> None:
    """Errors: MissingExtraError where it is not installed. `find` gives None for a module that is not."""
    if find("schemathesis") is None:
        raise MissingExtraError(
            "trying the whole contract needs schemathesis, which is not installed",
            hint="run `pip install 'emel[test]'`, or leave the contract out with --quick",
        )


def try_contract(
    client: Client, process: Process, *, key: str | None = None, runs: Sequence[tuple[str, float]] = RUNS
) -> str:
    """What was tried, in a line. The same requests each time. Errors: EndpointError for what is not kept.

    `client` sends no key of its own; `key` is what the endpoint asks for; `runs` are phases of schemathesis
    and the seconds for them.
    """
    if client.address.routes == "path" and "?" not in client.url:
        return _tried(client.url, process, key, runs)
    with relayed(client) as url:
        try:
            return _tried(url, process, key, runs)
        except EndpointError as problem:
            # Told is a request that a person can send again.
            there = re.compile("'?" + re.escape(url) + r"(/[^\s'\"]*)'?")
            told = there.sub(lambda found: shlex.quote(client.address.of(found[1])), problem.message)
            raise EndpointError(told) from problem


def _tried(url: str, process: Process, key: str | None, runs: Sequence[tuple[str, float]]) -> str:
    told = []
    for phases, seconds in runs:
        try:
            told.append(f"{phases} ({_requests(_run(url, phases, seconds, process, key))} requests)")
        except TimeoutError:
            if phases != "coverage":
                raise EndpointError(f"the contract was not tried to its end within {seconds:g} s") from None
            told.append(f"{phases} (not to its end within {seconds:g} s)")
    return f"schemathesis, {len(CHECKS)} checks, seed {SEED}: {', '.join(told)}"


def _run(url: str, phases: str, seconds: float, process: Process, key: str | None) -> str:
    """What schemathesis printed. Errors: TimeoutError; EndpointError for the first failure."""
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{url}/openapi.json", "--url", url),
        *("--phases", phases, "--checks", ",".join(CHECKS), "--max-examples", str(EXAMPLES)),
        *("--seed", str(SEED), "--generation-deterministic"),
        *(
            "--max-failures",
            "1",
            "--suppress-health-check",
            "all",
            "--request-timeout",
            "30",
            "--no-color",
            "--warnings",
            "off",
        ),
    ]
    with tempfile.TemporaryDirectory(prefix="emel-") as name:
        folder = Path(name)
        (folder / "schemathesis.toml").write_text(SETTINGS_WITH_KEY if key else SETTINGS, "utf-8")
        done = process.run(command, cwd=folder, env={VARIABLE: key} if key else {}, timeout=seconds)
    if done.returncode != 0:
        said = _first_failure(done.stdout) or done.stderr.strip()[-300:] or "schemathesis failed"
        raise EndpointError(said.replace(key, "[redacted]") if key else said)
    return done.stdout


def _requests(output: str) -> str:
    """How many requests were made, as schemathesis counts them."""
    found = re.search(r"(\d+) generated", output)
    return found[1] if found else "no"


def _first_failure(output: str) -> str:
    """The operation and the first thing that was wrong with it, with the request that shows it."""
    lines = [line.strip() for line in output.splitlines()]
    operation = next((line.strip("_ ") for line in lines if line.startswith("___")), "")
    wrong = next((line.removeprefix("- ") for line in lines if line.startswith("- ")), "")
    request = next((line for line in lines if line.startswith("curl ")), "")
    return "; ".join(part for part in (operation, wrong, request[:300]) if part)
