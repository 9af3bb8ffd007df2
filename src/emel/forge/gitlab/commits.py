"""Commits and their statuses."""

from __future__ import annotations

from emel.forge.gitlab.api import Api, part
from emel.records.forges import Commit, CommitState, CommitStatus


class GitLabCommits:
    """See emel.forge.base.Commits."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def get(self, revision: str) -> Commit:
        path = f"{self._api.project}/repository/commits/{part(revision)}"
        return self._api.get(path, Commit, job_token=True)

    def set_status(
        self,
        commit: str,
        state: CommitState,
        name: str,
        *,
        description: str = "",
        target_url: str | None = None,
        ref: str | None = None,
        pipeline: str | None = None,
    ) -> CommitStatus:
        return self._api.post(
            f"{self._api.project}/statuses/{part(commit)}",
            CommitStatus,
            {
                "state": state,
                "name": name,
                "description": description,
                "target_url": target_url,
                "ref": ref,
                "pipeline_id": pipeline,
            },
            # GitLab refuses a status while it writes another one of the same pipeline.
            busy=(409,),
        )
