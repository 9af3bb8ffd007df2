"""Pipelines and jobs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from emel.forge.gitlab.api import Api
from emel.records.forges import Job, Pipeline

UNFINISHED = ("created", "waiting_for_resource", "preparing", "pending", "running")
"""In the order in which a job goes through them (GitLab documentation, «Jobs API», `scope`)."""


class GitLabPipelines:
    """See emel.forge.base.Pipelines."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._path = f"{api.project}/pipelines"

    def get(self, pipeline: int) -> Pipeline:
        return self._api.get(f"{self._path}/{pipeline}", Pipeline)

    def create(self, ref: str, variables: Mapping[str, str] | None = None) -> Pipeline:
        named = [{"key": key, "value": value} for key, value in (variables or {}).items()]
        return self._api.post(f"{self._api.project}/pipeline", Pipeline, {"ref": ref, "variables": named})

    def retry(self, pipeline: int) -> Pipeline:
        return self._api.post(f"{self._path}/{pipeline}/retry", Pipeline, {})

    def cancel(self, pipeline: int) -> Pipeline:
        return self._api.post(f"{self._path}/{pipeline}/cancel", Pipeline, {})

    def jobs(self, pipeline: int) -> Iterator[Job]:
        return self._api.list(f"{self._path}/{pipeline}/jobs", Job, job_token=True)

    def job(self, job: int) -> Job:
        return self._api.get(f"{self._api.project}/jobs/{job}", Job, job_token=True)

    def retry_job(self, job: int) -> Job:
        return self._api.post(f"{self._api.project}/jobs/{job}/retry", Job, {})

    def cancel_job(self, job: int) -> Job:
        return self._api.post(f"{self._api.project}/jobs/{job}/cancel", Job, {})

    def unfinished_jobs(self) -> Iterator[Job]:
        for status in UNFINISHED:
            yield from self._api.list(
                f"{self._api.project}/jobs", Job, query={"scope": status}, job_token=True
            )
