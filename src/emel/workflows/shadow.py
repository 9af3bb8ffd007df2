"""A candidate's answers beside production's, kept for the report, and judged by the gate."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import msgspec

from emel import apitest
from emel import compare as comparing
from emel.errors import EmelError, EndpointError
from emel.records import (
    Answers,
    Bundle,
    Endpoint,
    LogFilter,
    RowSource,
    Shadow,
    Verdict,
)
from emel.report import junit_xml
from emel.system.files import write_atomic
from emel.workflows.deploy import open_cloud
from emel.workflows.kept_shadow import keep_shadow, kept_shadow
from emel.workflows.live import bundle_of, http_of, url_of, version_of
from emel.workflows.local import LOCAL
from emel.workflows.package import shelf_of
from emel.workflows.project import Progress, Project

LINES_READ = 10_000
"""Lines of the log in which requests are looked for, the newest."""
RECENT_ROWS = 500
"""Rows of recent requests that are sent without being asked for."""


class Preview(NamedTuple):
    """An endpoint to be looked at before it is promoted."""

    endpoint: Endpoint
    bundle: Bundle | None
    """What answers there, if it is on the shelf."""
    shadow: Shadow | None
    """Its answers beside production's; None where production is absent, or the same version."""
    keyed: bool = False
    """Whether it was asked with an API key."""


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

    Where `[logging] predictions` is on, on rows of recent requests too, if the log holds such; with
    `requests`, on so many of them alone. A comparison on the sample rows is kept for `emel report --preview`.

    Errors: DeployError for a tag that nothing is deployed to; EndpointError where `requests` are wanted and
    the log holds none.
    """
    after = version_of(project, to, candidate)
    before = version_of(project, to, production)
    sides = _Sides(project, to, bundle_of(project, after), (production, candidate), key, progress)
    # What a candidate alone was asked are tests of it.
    tested = after.number if after.number != before.number else None
    if requests is not None:
        return sides.on_requests(requests, without=tested)
    found = sides.on_sample_rows()
    if project.config.logging.predictions:
        try:
            found = msgspec.structs.replace(found, recent=sides.on_requests(RECENT_ROWS, without=tested))
        except EmelError as problem:
            progress.line(f"There is no comparison on recent requests: {problem}")
    keep_shadow(project, candidate, before, after, found)
    return found


def judge_shadow(project: Project, result: Shadow) -> Verdict:
    """The verdict by those rules of the gate whose measures a shadow has."""
    measured = result.measures()
    return comparing.judge_function(
        [rule for rule in project.config.rules() if rule.metric in measured], measured
    )


def write_shadow_junit(verdict: Verdict, path: Path) -> None:
    """Write the verdict as a test report for GitLab. Errors: OSError."""
    write_atomic(path, junit_xml(verdict))


def preview(
    project: Project,
    *,
    tag: str,
    production: str = "prod",
    to: str = LOCAL,
    key: str | None = None,
    progress: Progress,
) -> Preview:
    """The endpoint of a tag and how it answers: what `emel shadow` has kept of the same two versions, else
    compared now, with the API `key` of both.

    Errors: DeployError for a tag that nothing is deployed to.
    """
    version = version_of(project, to, tag)
    url = url_of(project, to, tag, progress)
    endpoint = Endpoint(url=url, function=project.config.model.name, tag=tag, version=version, changed=False)
    bundle = shelf_of(project).by_digest(version.digest)
    versions = open_cloud(project, to).functions.versions(project.config.model.name)
    before = next((one for one in versions if production in one.tags), None)
    if before is None or before.number == version.number:
        return Preview(endpoint, bundle, None, keyed=key is not None)
    beside = kept_shadow(project, tag, before, version)
    if beside is None and bundle is not None:
        beside = shadow(project, candidate=tag, production=production, to=to, key=key, progress=progress)
    return Preview(endpoint, bundle, beside, keyed=key is not None)


class _Sides(NamedTuple):
    """Two tags that are asked the same."""

    project: Project
    to: str
    bundle: Bundle
    """The candidate's."""
    tags: tuple[str, str]
    """Of production and candidate."""
    key: str | None
    progress: Progress

    def on_sample_rows(self) -> Shadow:
        return self._compared(apitest.read_answers(self.bundle.answers), "sample")

    def on_requests(self, count: int, *, without: int | None) -> Shadow:
        """On rows of the log, without those of one version.

        Errors: EndpointError when it holds none that can be sent again.
        """
        like = apitest.read_answers(self.bundle.answers)
        logs = open_cloud(self.project, self.to).logs
        records = logs.read(self.project.config.model.name, LogFilter(limit=LINES_READ))
        lines = [record.fields for record in records if record.version != without]
        found = apitest.rows_of_requests(lines, like, count=count)
        if not found.sample_rows:
            raise EndpointError(
                "the log holds no inputs of requests that fit the model's columns",
                hint="set predictions = true under [logging] in emel.toml, deploy, and wait for requests; "
                "requests with hidden columns (redact) cannot be sent again",
            )
        return self._compared(found, "requests")

    def _compared(self, rows: Answers, source: RowSource) -> Shadow:
        urls = [url_of(self.project, self.to, tag, self.progress) for tag in self.tags]
        what = "the sample rows" if source == "sample" else "recent requests"
        self.progress.step(f"sending {what} to {' and '.join(self.tags)}")
        return apitest.compare_endpoints(
            *urls,
            rows=rows,
            source=source,
            tolerance=self.bundle.parity.tolerance,
            http=http_of(self.project, self.to),
            clock=self.project.system.clock if source == "sample" else None,
            key=self.key,
        )
