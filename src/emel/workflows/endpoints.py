"""Test a live endpoint, and compare two."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import NamedTuple

import msgspec

from emel import apitest
from emel import compare as comparing
from emel.bundle.shelf import read_record
from emel.clouds.base import Cloud
from emel.clouds.checks import mounts_of
from emel.errors import BundleError, DeployError, EndpointError
from emel.localcloud import Store, running_alone
from emel.records import (
    Answers,
    Bundle,
    Endpoint,
    EndpointCheck,
    EndpointReport,
    FunctionVersion,
    LogFilter,
    Routes,
    Shadow,
    Verdict,
)
from emel.system.files import write_atomic
from emel.system.http import Http, WithHeaders
from emel.system.process import Process
from emel.workflows.deploy import open_cloud
from emel.workflows.local import LOCAL, ensure_serving
from emel.workflows.package import packaged, shelf_of
from emel.workflows.project import Progress, Project

CASES = "tests/api"
P99 = "function.p99_seconds"
AGREEMENT = "function.agreement"
LINES_READ = 10_000
"""Lines of the log in which requests are looked for, the newest."""


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
        version = _version(project, to, target)
        url, bundle = _url(project, to, target, progress), _bundle_of(project, version)
        http = _http(project, to)
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


def shadow(
    project: Project,
    *,
    candidate: str,
    production: str = "prod",
    to: str = LOCAL,
    requests: int | None = None,
    key: str | None = None,
    progress: Progress,
) -> Shadow:
    """The candidate tag's answers beside the production tag's, on the candidate's sample rows.

    With `requests` on as many rows of recent requests, from the log, where `[logging] predictions` is on.

    Errors: DeployError for a tag that nothing is deployed to.
    """
    bundle = _bundle_of(project, _version(project, to, candidate))
    _version(project, to, production)
    production_url = _url(project, to, production, progress)
    candidate_url = _url(project, to, candidate, progress)
    rows = bundle.answers if requests is None else _recorded(project, to, bundle, requests)
    progress.step(f"sending the rows to {production} and {candidate}")
    return apitest.compare_endpoints(
        production_url,
        candidate_url,
        answers=rows,
        tolerance=bundle.parity.tolerance,
        http=_http(project, to),
        key=key,
    )


def judge_shadow(project: Project, result: Shadow) -> Verdict:
    """The verdict by the rules for `function.agreement`, the share of rows with the same answer."""
    rules = [rule for rule in project.config.rules() if rule.metric == AGREEMENT]
    return comparing.judge_function(rules, {AGREEMENT: result.agreement})


def _recorded(project: Project, to: str, bundle: Bundle, count: int) -> Answers:
    like = apitest.read_answers(bundle.answers)
    lines = open_cloud(project, to).logs.read(project.config.model.name, LogFilter(limit=LINES_READ))
    found = apitest.rows_of_requests([line.fields for line in lines], like, count=count)
    if not found.sample_rows:
        raise EndpointError(
            "the log holds no inputs of requests that fit the model's columns",
            hint="set predictions = true under [logging] in emel.toml, deploy, and wait for requests; "
            "requests with hidden columns (redact) cannot be sent again",
        )
    return found


class Preview(NamedTuple):
    """An endpoint to be looked at before it is promoted."""

    endpoint: Endpoint
    bundle: Bundle | None
    """What answers there, if it is on the shelf."""
    shadow: Shadow | None
    """Its answers beside production's; None where production is absent, or the same version."""


def preview(
    project: Project, *, tag: str, production: str = "prod", to: str = LOCAL, progress: Progress
) -> Preview:
    """The endpoint of a tag and how it answers. Sends it and production the sample rows.

    Errors: DeployError for a tag that nothing is deployed to.
    """
    version = _version(project, to, tag)
    url = _url(project, to, tag, progress)
    endpoint = Endpoint(url=url, function=project.config.model.name, tag=tag, version=version, changed=False)
    tags = open_cloud(project, to).functions.tags(project.config.model.name)
    bundle = shelf_of(project).by_digest(version.digest)
    if bundle is None or tags.get(production) in (None, version.number):
        return Preview(endpoint, bundle, None)
    beside = shadow(project, candidate=tag, production=production, to=to, progress=progress)
    return Preview(endpoint, bundle, beside)


def _url(project: Project, to: str, tag: str, progress: Progress) -> str:
    if to == LOCAL:
        ensure_serving(project, progress)
    return open_cloud(project, to).functions.url(project.config.model.name, tag)


def _http(project: Project, to: str) -> Http:
    """HTTP that may call the cloud's private functions too."""
    access = open_cloud(project, to).access
    return WithHeaders(project.system.http, access.headers()) if access else project.system.http


def _version(project: Project, to: str, tag: str) -> FunctionVersion:
    cloud: Cloud = open_cloud(project, to)
    name = project.config.model.name
    versions = cloud.functions.versions(name)
    found = next((version for version in versions if tag in version.tags), None)
    if found is None:
        tags = sorted({item for version in versions for item in version.tags})
        raise DeployError(
            f"`{name}` has no tag `{tag}` on {to}",
            hint=f"deploy it: emel deploy --tag {tag}; tags now: {', '.join(tags) or 'none'}",
        )
    return found


def _bundle_of(project: Project, version: FunctionVersion) -> Bundle:
    found = shelf_of(project).by_digest(version.digest)
    if found is None:
        raise BundleError(
            f"the bundle of version {version.number} ({version.model_version}) is not in "
            f"{project.state / 'bundles'}, so its recorded answers are not at hand",
            hint=f"check out {version.commit or 'its commit'} and run `emel package`",
        )
    return found
