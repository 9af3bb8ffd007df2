"""Runners with authentication tokens (GitLab documentation, «New runner creation workflow»)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from emel.forge.gitlab.api import Api
from emel.forge.gitlab.refusals import Needs
from emel.records.forges import CreatedRunner, Job, Runner

CREATE = Needs("Maintainer", "create_runner")
MANAGE = Needs("Maintainer", "manage_runner")
LAUNCH = Needs("Maintainer", "create_runner, manage_runner, read_api")
"""For all that a launch asks; `read_api` is for a launch by hand, and for its waiting."""


class Numbered(Struct):
    """What is asked of a project."""

    id: int


class GitLabRunners:
    """See emel.forge.base.Runners. `project` is the project's number or its path."""

    def __init__(self, api: Api, project: str) -> None:
        self._api = api
        self._project_number = project if project.isdigit() else ""

    def project_number(self) -> str:
        if not self._project_number:
            self._project_number = str(self._api.get(self._api.project, Numbered, needs=LAUNCH).id)
        return self._project_number

    def create(
        self,
        description: str,
        tags: Sequence[str],
        *,
        maximum_timeout: int | None = None,
        note: str = "",
        paused: bool = False,
    ) -> CreatedRunner:
        content = {
            "runner_type": "project_type",
            "project_id": int(self.project_number()),
            "description": description,
            "tag_list": list(tags),
            "run_untagged": False,
            "locked": True,
            "paused": paused,
            "maximum_timeout": maximum_timeout,
            "maintenance_note": note or None,
        }
        return self._api.post("/user/runners", CreatedRunner, content, needs=CREATE)

    def all(self, tags: Sequence[str] = ()) -> Iterator[Runner]:
        query = {"type": "project_type", **({"tag_list": ",".join(tags)} if tags else {})}
        return self._api.list(f"{self._api.project}/runners", Runner, query=query, needs=MANAGE)

    def get(self, runner: int) -> Runner | None:
        return self._api.find(f"/runners/{runner}", Runner, needs=MANAGE)

    def jobs(self, runner: int) -> Iterator[Job]:
        path = f"/runners/{runner}/jobs"
        return self._api.list(path, Job, query={"status": "running"}, needs=MANAGE)

    def pause(self, runner: int) -> None:
        self._api.put(f"/runners/{runner}", Runner, {"paused": True}, needs=MANAGE)

    def resume(self, runner: int) -> None:
        self._api.put(f"/runners/{runner}", Runner, {"paused": False}, needs=MANAGE)

    def delete(self, runner: int) -> None:
        self._api.delete(f"/runners/{runner}", needs=MANAGE)
