"""Runners with authentication tokens (GitLab documentation, «New runner creation workflow»)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from emel.errors import ForgeError
from emel.forge.gitlab.api import Api
from emel.forge.gitlab.refusals import Needs
from emel.records.forges import CreatedRunner, Job, Runner

CREATE = Needs("Maintainer", "create_runner")
MANAGE = Needs("Maintainer", "manage_runner")


class GitLabRunners:
    """See emel.forge.base.Runners. `project_id` is the project's number, which GitLab asks for here."""

    def __init__(self, api: Api, project_id: str) -> None:
        self._api = api
        self._project_id = project_id

    def create(
        self, description: str, tags: Sequence[str], *, maximum_timeout: int | None = None, note: str = ""
    ) -> CreatedRunner:
        if not self._project_id.isdigit():
            raise ForgeError(
                f"a runner is made for a project's number, not for its path {self._project_id}",
                hint="run this in a CI job, or give the number that the project's page shows",
            )
        content = {
            "runner_type": "project_type",
            "project_id": int(self._project_id),
            "description": description,
            "tag_list": list(tags),
            "run_untagged": False,
            "locked": True,
            "maximum_timeout": maximum_timeout,
            "maintenance_note": note or None,
        }
        return self._api.post("/user/runners", CreatedRunner, content, needs=CREATE)

    def all(self, tags: Sequence[str] = ()) -> Iterator[Runner]:
        query = {"type": "project_type", **({"tag_list": ",".join(tags)} if tags else {})}
        return self._api.list(f"{self._api.project}/runners", Runner, query=query, needs=MANAGE)

    def jobs(self, runner: int) -> Iterator[Job]:
        path = f"/runners/{runner}/jobs"
        return self._api.list(path, Job, query={"status": "running"}, needs=MANAGE)

    def pause(self, runner: int) -> None:
        self._api.put(f"/runners/{runner}", Runner, {"paused": True}, needs=MANAGE)

    def delete(self, runner: int) -> None:
        self._api.delete(f"/runners/{runner}", needs=MANAGE)
