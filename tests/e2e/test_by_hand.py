"""What a person does by hand in the demo's repository, command by command, with the real tools."""

from __future__ import annotations

import json
import urllib.request

import pytest
from tests.fakes.command import Emel

pytestmark = pytest.mark.slow


def data(emel: Emel, *arguments: str, exit_code: int = 0):
    done = emel(*arguments, "--json")
    assert done.returncode == exit_code, done.stderr
    return json.loads(done.stdout)


def test_nothing_runs_again_when_nothing_changed(emel):
    result = data(emel, "run")

    assert {stage["outcome"] for stage in result["pipeline"]["stages"]} == {"unchanged"}
    assert {metric["effect"] for metric in result["comparison"]["metrics"]} == {"new"}


def test_uncommitted_changes_are_said_and_compared(emel):
    params = emel.folder / "params.yaml"
    params.write_text(params.read_text().replace("C: 1.0", "C: 0.001"))

    done = emel("run")

    assert "the working tree (" in done.stdout
    assert "uncommitted files on" in done.stdout
    assert "logistic_regression.C" in done.stdout


def test_a_worse_model_fails_the_gate_with_its_exit_code(emel):
    params = emel.folder / "params.yaml"
    params.write_text(params.read_text().replace("C: 1.0", "C: 0.0001"))

    done = emel("run")

    assert done.returncode == 7
    assert "Gate FAILED" in done.stdout
    assert "error: the gate says no: " in done.stderr


def test_a_model_goes_from_its_file_to_a_live_tested_endpoint_and_back(emel):
    bundle = data(emel, "package")
    assert (bundle["tier"], bundle["parity"]["ok"], bundle["parity"]["rows"]) == ("pure", True, 142)

    first = data(emel, "deploy", "--to", "local")
    again = data(emel, "deploy", "--to", "local")
    assert (first["changed"], again["changed"], again["version"]["number"]) == (True, False, 1)

    with urllib.request.urlopen(f"{first['url']}/health") as reply:
        assert reply.status == 200

    tested = data(emel, "test")
    assert tested["passed"]

    assert emel("model", "register").returncode == 0
    data(emel, "deploy", "--tag", "mr-1")
    shadow = data(emel, "shadow", "mr-1")
    assert shadow["agreement"] == 1.0

    canary = data(emel, "promote", "mr-1", "--weight", "20")
    assert (canary["before"], canary["after"], canary["weight"]) == (1, 2, 20)
    assert data(emel, "status")[0]["canaries"] == {"prod": {"version": 2, "weight": 20}}
    assert data(emel, "rollback")["ended_canary"]

    moved = data(emel, "promote", "mr-1")
    assert (moved["before"], moved["after"], moved["model_version"]) == (1, 2, "v1.0.0")
    back = data(emel, "rollback")
    assert (back["before"], back["after"]) == (2, 1)

    status = data(emel, "status")
    assert [version["tags"] for version in status[0]["versions"]] == [["prod"], ["mr-1"]]
    assert status[0]["calls"] > 60

    cost = data(emel, "cost", "--calls-per-month", "5000000", "--memory", "256")
    assert (cost["memory"], cost["calls_per_month"], cost["currency"]) == (256, 5_000_000, "RUB")


def test_a_dry_run_prints_the_plan_and_changes_nothing(emel):
    done = emel("deploy", "--to", "local", "--dry-run")

    assert done.returncode == 0
    assert "Plan:" in done.stdout
    assert data(emel, "status") == []


def test_the_report_is_one_page_and_one_markdown_file_with_plots(emel):
    done = emel("report", "--output", "public")

    assert done.returncode == 0, done.stderr
    page = (emel.folder / "public" / "report.html").read_text("utf-8")
    assert page.count("data:image/png;base64,") == 2
    assert "http://" not in page
    assert sorted(path.name for path in (emel.folder / "public" / "plots").iterdir()) == [
        "confusion-matrix.png",
        "roc-curve.png",
    ]


def test_json_goes_to_stdout_alone_and_progress_to_stderr(emel):
    done = emel("compare", "--json")

    json.loads(done.stdout)
    assert "\x1b[" not in done.stdout + done.stderr
