"""`emel test` with the real tools: a bundle's zip, its report, and a contract that is broken."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tests.fakes.command import Emel, processes_of

from emel.apitest.contract import try_contract
from emel.errors import EndpointError
from emel.system.process import SystemProcess

pytestmark = pytest.mark.slow


def test_a_bundle_is_tested_on_a_platform_of_its_own(emel: Emel) -> None:
    bundle = json.loads(emel("package", "--json").stdout)
    cases = emel.folder / "tests" / "api"
    cases.mkdir(parents=True)
    case = {"request": {"body": "no JSON"}, "expected": {"status": 400}}
    (cases / "not-json.json").write_text(json.dumps(case), "utf-8")

    began = time.monotonic()
    done = emel("test", "--bundle", bundle["path"], "--quick", "--junit", "report.xml", "--json")
    took = time.monotonic() - began

    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["passed"]
    assert report["latency"]["first_seconds"] > report["latency"]["p50_seconds"]
    assert took < 5
    assert 'name="case not-json"' in (emel.folder / "report.xml").read_text("utf-8")
    assert processes_of(emel.folder) == []


def test_a_contract_that_is_broken_is_told_with_a_request_that_shows_it() -> None:
    operation = {"responses": {"200": {"description": "", "content": {"application/json": {}}}}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {"/health": {"get": operation}},
    }

    class Broken(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/openapi.json" else 500)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(document).encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Broken) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            with pytest.raises(EndpointError, match=r"GET /health.*curl"):
                try_contract(f"http://127.0.0.1:{server.server_port}", SystemProcess())
        finally:
            server.shutdown()
