"""`emel test` with the real tools: a bundle's zip, its report, and a contract that is broken."""

from __future__ import annotations

import json
import resource
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tests.fakes.command import Emel, processes_of

from emel.apitest.address import address_of
from emel.apitest.client import Client
from emel.apitest.contract import try_contract
from emel.errors import EndpointError
from emel.system.http import SystemHttp
from emel.system.process import SystemProcess

pytestmark = pytest.mark.slow


def processor_seconds() -> float:
    """Of all programs that have ended. Others on the machine lengthen the time of a clock, and not this."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_a_bundle_is_tested_on_a_platform_of_its_own(emel: Emel) -> None:
    bundle = json.loads(emel("package", "--json").stdout)
    cases = emel.folder / "tests" / "api"
    cases.mkdir(parents=True)
    case = {"request": {"body": "no JSON"}, "expected": {"status": 400}}
    (cases / "not-json.json").write_text(json.dumps(case), "utf-8")

    began = processor_seconds()
    done = emel("test", "--bundle", bundle["path"], "--quick", "--junit", "report.xml", "--json")
    took = processor_seconds() - began

    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["passed"]
    assert report["latency"]["first_seconds"] > report["latency"]["p50_seconds"]
    assert took < 5
    assert 'name="case not-json"' in (emel.folder / "report.xml").read_text("utf-8")
    assert processes_of(emel.folder) == []
    with zipfile.ZipFile(bundle["path"]) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    assert manifest["metrics"] == json.loads((emel.folder / "metrics.json").read_text("utf-8"))
    assert [len(row) for row in manifest["examples"]] == [len(manifest["signature"]["columns"])] * 3


def test_a_key_guards_the_way_from_deploy_to_test(emel: Emel) -> None:
    emel.env["EMEL_API_KEY"] = "s3cret-key"
    deployed = emel("deploy", "--to", "local", "--json")
    assert deployed.returncode == 0, deployed.stderr

    done = emel("test", "--quick", "--json")

    assert done.returncode == 0, done.stdout + done.stderr
    checks = {check["name"]: check["detail"] for check in json.loads(done.stdout)["checks"]}
    assert checks["refuses a request without its API key"] == "status 401"
    assert "s3cret-key" not in done.stdout + done.stderr

    with (emel.folder / "emel.toml").open("a") as config:
        config.write("[page]\nexamples = 1\n")
    assert emel("preview", "start", "7").returncode == 0
    reported = emel("report", "--preview", "mr-7", "--output", "told")
    assert reported.returncode == 0, reported.stderr
    assert "of 142 sample rows get the same answer" in (emel.folder / "told/report.md").read_text("utf-8")

    del emel.env["EMEL_API_KEY"]
    emel.env["OTHER"] = "another-key"
    without, other = emel("test", "--quick"), emel("test", "--quick", "--api-key-variable", "OTHER")
    assert (without.returncode, other.returncode) == (14, 14)
    assert "put it into EMEL_API_KEY" in without.stderr
    assert "another-key" not in other.stdout + other.stderr


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
                url = f"http://127.0.0.1:{server.server_port}"
                try_contract(Client(address_of(url), SystemHttp()), SystemProcess())
        finally:
            server.shutdown()
