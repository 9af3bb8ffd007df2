"""Environments and deployments; a job token is enough for all of it."""

from __future__ import annotations

from collections.abc import Iterator

from emel.forge.gitlab.api import WRITE, Api
from emel.forge.gitlab.sending import Call
from emel.records.forges import Deployment, DeploymentStatus, Environment


class GitLabEnvironments:
    """See emel.forge.base.Environments."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._path = f"{api.project}/environments"

    def find(self, name: str) -> Environment | None:
        listed = self._api.list(self._path, Environment, query={"name": name}, job_token=True)
        return next((environment for environment in listed if environment.name == name), None)

    def all(self, search: str | None = None) -> Iterator[Environment]:
        query = {"search": search} if search else None
        return self._api.list(self._path, Environment, query=query, job_token=True)

    def ensure(self, name: str, *, external_url: str | None = None, tier: str | None = None) -> Environment:
        wanted = {"external_url": external_url, "tier": tier}
        known = self.find(name)
        if known is None:
            return self._api.post(self._path, Environment, {"name": name, **wanted}, job_token=True)
        current = {"external_url": known.external_url, "tier": known.tier}
        changed = {key: value for key, value in wanted.items() if value not in (None, current[key])}
        if not changed:
            return known
        return self._api.put(f"{self._path}/{known.id}", Environment, changed, job_token=True)

    def stop(self, environment: Environment, *, force: bool = False) -> None:
        if environment.state == "stopped":
            return
        self._api.sender.send(
            Call(
                "POST",
                f"{self._path}/{environment.id}/stop",
                {"force": True} if force else {},
                job_token=True,
                needs=WRITE,
            )
        )

    def delete(self, environment: Environment) -> None:
        self._api.delete(f"{self._path}/{environment.id}", job_token=True)

    def create_deployment(
        self, environment: str, commit: str, ref: str, status: DeploymentStatus, *, tag: bool = False
    ) -> Deployment:
        content = {"environment": environment, "sha": commit, "ref": ref, "tag": tag, "status": status}
        return self._api.post(f"{self._api.project}/deployments", Deployment, content, job_token=True)

    def update_deployment(self, deployment: Deployment, status: DeploymentStatus) -> Deployment:
        path = f"{self._api.project}/deployments/{deployment.id}"
        return self._api.put(path, Deployment, {"status": status}, job_token=True)
