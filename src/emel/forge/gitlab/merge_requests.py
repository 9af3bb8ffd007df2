"""Merge requests."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from emel.forge.gitlab.api import WRITE, Api, part
from emel.forge.gitlab.sending import Call
from emel.records.forges import MergeRequest


class GitLabMergeRequests:
    """See emel.forge.base.MergeRequests."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._path = f"{api.project}/merge_requests"

    def get(self, iid: int) -> MergeRequest:
        return self._api.get(f"{self._path}/{iid}", MergeRequest, job_token=True)

    def open_of_branch(self, branch: str) -> Sequence[MergeRequest]:
        query = {"source_branch": branch, "state": "opened"}
        return tuple(self._api.list(self._path, MergeRequest, query=query, job_token=True))

    def open_of_commit(self, commit: str) -> Sequence[MergeRequest]:
        path = f"{self._api.project}/repository/commits/{part(commit)}/merge_requests"
        listed = self._api.list(path, MergeRequest, query={"state": "opened"}, job_token=True)
        # Servers before 18 have no such filter here and list closed ones too.
        return tuple(request for request in listed if request.state == "opened")

    def of_commit(self, commit: str) -> Sequence[MergeRequest]:
        # GitLab counts merge and squash commits too (app/models/merge_request.rb, by_related_commit_sha).
        path = f"{self._api.project}/repository/commits/{part(commit)}/merge_requests"
        return tuple(self._api.list(path, MergeRequest, job_token=True))

    def create(self, source_branch: str, target_branch: str, title: str, **fields: object) -> MergeRequest:
        named = {"source_branch": source_branch, "target_branch": target_branch, "title": title}
        return self._api.post(self._path, MergeRequest, {**named, **fields})

    def update(self, iid: int, **fields: object) -> MergeRequest:
        return self._api.put(f"{self._path}/{iid}", MergeRequest, fields)

    def merge_when_pipeline_succeeds(self, iid: int, *, squash: bool = False) -> MergeRequest:
        # The first name is that of servers from 17.11 on, the second that of older ones.
        wanted = {"auto_merge": True, "merge_when_pipeline_succeeds": True, "squash": squash}
        return self._api.put(f"{self._path}/{iid}/merge", MergeRequest, wanted)

    def rebase(self, iid: int, *, skip_ci: bool = False) -> None:
        self._api.sender.send(
            Call(
                "PUT",
                f"{self._path}/{iid}/rebase",
                body=msgspec.json.encode({"skip_ci": skip_ci}),
                content_type="application/json",
                needs=WRITE,
            )
        )
