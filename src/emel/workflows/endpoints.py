"""Test a live endpoint."""

from __future__ import annotations

import tempfile
from pathlib import Path

import msgspec

from emel import apitest
from emel import compare as comparing
from emel.bundle.shelf import read_record
from emel.clouds.checks import mounts_of
from emel.localcloud import Store, running_alone
from emel.records import (
    Bundle,
    EndpointCheck,
    EndpointReport,
    Routes,
)
from emel.system.files import write_atomic
from emel.system.http import Http
from emel.system.process import Process
from emel.workflows.live import bundle_of, http_of, url_of, version_of
from emel.workflows.local import LOCAL
from emel.workflows.package import packaged
from emel.workflows.project import Progress, Project

CASES = "tests/api"
P99 = "function.p99_seconds"


def test_endpoint(
    project: Project,
    *,
    target: str = "prod",
    to: str = LOCAL,
    quick: bool = False,
    key: str | None = None,
    routes: Routes | None = None,
    progress: Progress,
) -> EndpointReport:
    """Hold an endpoint against its contract and against the original model's answers on the sample rows.

    `target` is a tag of the project's function, or a URL. For a URL the answers are those of the working
    tree's bundle. `quick` leaves out what schemathesis tries. `key` is the API key that the endpoint asks
    for; without `routes` it is found out how it takes them. Errors: also MissingExtraError without
    schemathesis.
    """
    if not quick:
        apitest.require_schemathesis()
    http: Http = project.system.http
    if target.startswith(("http://", "https://")):
        url, bundle = target, packaged(project, progress=progress)
    else:
        version = version_of(project, to, target)
        url, bundle = url_of(project, to, target, progress), bundle_of(project, version)
        http = http_of(project, to)
    process = None if quick else project.system.process
    return _tested(project, url, bundle, progress, http, process=process, key=key, routes=routes)


def test_bundle(
    project: Project, zip_path: Path, *, quick: bool = False, key: str | None = None, progress: Progress
) -> EndpointReport:
    """The same for a bundle's zip, which a platform of its own serves for as long as the tests run."""
    if not quick:
        apitest.require_schemathesis()
    bundle = read_record(zip_path)
    with tempfile.TemporaryDirectory(prefix="emel-") as folder:
        store = Store(Path(folder) / "local")
        version = store.create_version(
            bundle.name,
            zip_path,
            model_version=bundle.version,
            commit=bundle.commit,
            settings=project.config.settings(),
            mounts=mounts_of(bundle),
        )
        store.set_tag(bundle.name, "test", version.number)
        progress.step("starting a platform for the bundle")
        with running_alone(store) as platform:
            url, process = f"{platform.url}/{bundle.name}/test", None if quick else project.system.process
            http = project.system.http
            return _tested(project, url, bundle, progress, http, process=process, key=key, routes="path")


def write_junit(report: EndpointReport, path: Path) -> None:
    """Write the report for GitLab. Errors: OSError."""
    write_atomic(path, apitest.junit_xml(report))


def _tested(
    project: Project,
    url: str,
    bundle: Bundle,
    progress: Progress,
    http: Http,
    *,
    process: Process | None,
    key: str | None,
    routes: Routes | None,
) -> EndpointReport:
    progress.step(f"testing {url}")
    report = apitest.run_endpoint_tests(
        url,
        answers=bundle.answers,
        tolerance=bundle.parity.tolerance,
        http=http,
        clock=project.system.clock,
        expected_version=bundle.version,
        cases=apitest.read_cases(project.root / CASES),
        process=process,
        key=key,
        routes=routes,
    )
    checks = latency_checks(project, report)
    return msgspec.structs.replace(
        report,
        checks=(*report.checks, *checks),
        passed=report.passed and all(check.passed for check in checks),
    )


def latency_checks(project: Project, report: EndpointReport) -> tuple[EndpointCheck, ...]:
    """The gate's rules for `function.p99_seconds`, held against what the tests measured."""
    measured = {P99: report.latency.p99_seconds} if report.latency else {}
    rules = [rule for rule in project.config.rules() if rule.metric == P99]
    return tuple(
        EndpointCheck(name=f"gate: {check.metric}", passed=check.passed, detail=check.text, seconds=0.0)
        for check in comparing.judge_function(rules, measured).checks
    )
