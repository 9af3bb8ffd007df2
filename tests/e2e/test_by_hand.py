"""What a person does by hand in the demo's repository, command by command, with the real tools."""

from __future__ import annotations

import json
import urllib.request

import pytest
from tests.fakes.command import Emel, interrupt, wait_for

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

    assert "with uncommitted changes in params.yaml compared with" in done.stdout
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

    data(emel, "report", "--preview", "mr-1")
    report = (emel.folder / ".emel/report/report.md").read_text("utf-8")
    assert "### Preview endpoint" in report and "**100 %** of 142 sample rows" in report
    assert "| A million predictions | " in report
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


def test_the_report_is_one_page_and_one_markdown_file_with_plots(emel, tmp_path):
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened\n')
    browser.chmod(0o755)
    (emel.folder / "notes.md").write_text(
        "![mine](data/mine.png) glpat" + "-abcdefghij0123456789\n\n/close\n"
    )
    with (emel.folder / "emel.toml").open("a") as config:
        config.write('\n[section.notes]\nfile = "notes.md"\n')
    emel.env |= {
        "BROWSER": str(browser),
        "DEPLOY_TOKEN": "logistic_regression",
        "CI_JOB_URL": "https://gitlab.example.org/a/b/-/jobs/7",
        "CI_PROJECT_DIR": str(emel.folder),
    }
    result = data(emel, "report", "--output", "public", "--open")
    public = emel.folder / "public"
    page, text = (public / "report.html").read_text("utf-8"), (public / "report.md").read_text("utf-8")

    assert (tmp_path / "opened").read_text().strip() == (public / "report.html").as_uri()
    assert page.count("data:image/png;base64,") == 2
    assert "http://" not in page
    assert sorted(path.name for path in (public / "plots").iterdir()) == [
        "confusion-matrix.png",
        "roc-curve.png",
    ]
    assert (result["passed"], result["comment"]) == (True, None)
    assert "\\/close" in text and "picture not shown: data/mine.png" in text
    for written in (page, text, json.dumps(result)):
        assert "glpat-" not in written and "logistic_regression" not in written
    links = json.loads((public / "annotations.json").read_text())["emel"]
    assert links[0]["external_link"]["url"].endswith("/jobs/7/artifacts/file/public/report.html")


def test_a_watched_report_follows_the_results_until_ctrl_c(emel, tmp_path):
    said = tmp_path / "said.txt"
    watching = emel.start("report", "--watch", output=said)
    assert wait_for("Waiting for changes", said, within=120), said.read_text()
    metrics = emel.folder / "metrics.json"
    metrics.write_text(metrics.read_text().replace('"accuracy": 0.9', '"accuracy": 0.1'))

    assert wait_for("Changed: metrics.json", said, within=120), said.read_text()
    assert wait_for("Gate FAILED", said, within=120), said.read_text()
    assert interrupt(watching) == 0
    assert "Traceback" not in said.read_text()
    assert "Gate failed" in (emel.folder / ".emel/report/report.md").read_text("utf-8")


def test_json_goes_to_stdout_alone_and_progress_to_stderr(emel):
    done = emel("compare", "--json")

    json.loads(done.stdout)
    assert "\x1b[" not in done.stdout + done.stderr
