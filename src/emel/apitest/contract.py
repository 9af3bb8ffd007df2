"""An endpoint against its own OpenAPI document, tried by schemathesis in a process of its own."""

from __future__ import annotations

import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from emel.errors import EndpointError, MissingExtraError
from emel.system.process import Process

EXAMPLES = 15
"""Requests per operation and kind of data."""
SEED = 1
SECONDS = 120.0
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def require_schemathesis() -> None:
    """Errors: MissingExtraError where it is not installed."""
    if find_spec("schemathesis") is None:
        raise MissingExtraError(
            "trying the whole contract needs schemathesis, which is not installed",
            hint="run `pip install 'emel[test]'`, or leave the contract out with --quick",
        )


def try_contract(url: str, process: Process) -> str:
    """What was tried, in a line. The same requests each time. Errors: EndpointError for what is not kept."""
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{url}/openapi.json", "--url", url),
        *("--phases", "examples,fuzzing", "--checks", CHECKS, "--max-examples", str(EXAMPLES)),
        *("--seed", str(SEED), "--generation-deterministic"),
        *("--suppress-health-check", "all", "--request-timeout", "30", "--no-color", "--warnings", "off"),
    ]
    with tempfile.TemporaryDirectory(prefix="emel-") as folder:
        try:
            done = process.run(command, cwd=Path(folder), timeout=SECONDS)
        except TimeoutError:
            raise EndpointError(f"the contract was not tried to its end within {SECONDS:g} s") from None
    if done.returncode != 0:
        raise EndpointError(
            _first_failure(done.stdout) or done.stderr.strip()[-300:] or "schemathesis failed"
        )
    return f"schemathesis: {EXAMPLES} requests per operation at most, seed {SEED}, none breaks the contract"


def _first_failure(output: str) -> str:
    """The operation and the first thing that was wrong with it, with the request that shows it."""
    lines = [line.strip() for line in output.splitlines()]
    operation = next((line.strip("_ ") for line in lines if line.startswith("___")), "")
    wrong = next((line.removeprefix("- ") for line in lines if line.startswith("- ")), "")
    request = next((line for line in lines if line.startswith("curl ")), "")
    return "; ".join(part for part in (operation, wrong, request[:300]) if part)
