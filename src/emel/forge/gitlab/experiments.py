"""Candidates of model experiments, through the part of GitLab's API that MLflow's client speaks.

Sources: docs.gitlab.com/user/project/ml/experiment_tracking/mlflow_client (access tokens with the scope `api`
alone, not CI_JOB_TOKEN) and lib/api/ml/mlflow of GitLab's sources: every success is 200; a batch leaves out
parameters and tags that are there, and puts metrics behind earlier ones, of which the last counts; newer
servers delete a run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from emel.errors import ForgeError
from emel.forge.gitlab.api import WRITE, Api
from emel.forge.gitlab.sending import Call
from emel.records.forges import Candidate, TrackedCandidate

NEWEST = 200
"""Candidates of the experiment among which that of the same name is looked for."""
LONGEST_NAME = 250
LONGEST_VALUES = {"params": 250, "tags": 5000}
"""Characters (app/models/ml of GitLab's sources)."""

T = TypeVar("T")


class GitLabExperiments:
    """See emel.forge.base.Experiments."""

    def __init__(self, api: Api, project_url: str) -> None:
        self._api = api
        self._project_url = project_url
        self._path = f"{api.project}/ml/mlflow/api/2.0/mlflow"

    def track(self, experiment: str, candidate: Candidate) -> TrackedCandidate:
        number = self._experiment(experiment)
        batch = _batch(candidate)
        found = self._find(number, candidate.name)
        is_kept = found and not (_is_replaced_by(found, batch) and self._delete(found))
        run = found.info.run_id if found and is_kept else self._create(number, candidate)
        self._ask("runs/log-batch", {"run_id": run, **batch}, _Nothing)
        ended = {"run_id": run, "status": "FINISHED", "end_time": candidate.time_ms}
        self._ask("runs/update", ended, _Nothing)
        return TrackedCandidate(
            id=run,
            name=candidate.name,
            experiment=experiment,
            url=f"{self._project_url}/-/ml/experiments/{number}",
            created=found is None,
        )

    def _experiment(self, name: str) -> str:
        """Its number in the project."""
        path = f"{self._path}/experiments/get-by-name"
        found = self._api.find(path, _Found, query={"experiment_name": name})
        if found is None:
            try:
                return self._api.post(
                    f"{self._path}/experiments/create", _Experiment, {"name": name}
                ).experiment_id
            except ForgeError as problem:
                # Another pipeline has made it in between.
                if problem.status != 400:
                    raise
                found = self._api.get(path, _Found, query={"experiment_name": name})
        return found.experiment.experiment_id

    def _find(self, experiment: str, name: str) -> _Run | None:
        wanted = {"experiment_ids": [experiment], "max_results": NEWEST, "order_by": "created_at DESC"}
        runs = self._ask("runs/search", wanted, _Runs).runs
        return next((run for run in runs if run.info.run_name == name), None)

    def _delete(self, run: _Run) -> bool:
        """Whether it is gone: older servers have no call for it."""
        try:
            self._ask("runs/delete", {"run_id": run.info.run_id}, _Nothing)
        except ForgeError as problem:
            if problem.status in (400, 404, 405):
                return False
            raise
        return True

    def _create(self, experiment: str, candidate: Candidate) -> str:
        wanted = {
            "experiment_id": int(experiment),
            "run_name": candidate.name,
            "start_time": candidate.time_ms,
        }
        return self._api.post(f"{self._path}/runs/create", _Created, wanted).run.info.run_id

    def _ask(self, path: str, content: Mapping[str, Any], kind: type[T]) -> T:
        """What may be sent twice, although it is a POST."""
        body = msgspec.json.encode(content)
        call = Call("POST", f"{self._path}/{path}", body=body, content_type="application/json", needs=WRITE)
        return self._api.decoded(call, self._api.sender.send(call), kind)


class _Nothing(Struct, frozen=True):
    """An answer in which nothing is looked for."""


class _Experiment(Struct, frozen=True):
    experiment_id: str


class _Found(Struct, frozen=True):
    experiment: _Experiment


class _RunInfo(Struct, frozen=True):
    run_id: str
    run_name: str | None = None


class _Pair(Struct, frozen=True):
    key: str
    value: Any = None


class _RunData(Struct, frozen=True):
    metrics: tuple[_Pair, ...] = ()
    params: tuple[_Pair, ...] = ()
    tags: tuple[_Pair, ...] = ()


class _Run(Struct, frozen=True):
    info: _RunInfo
    data: _RunData = _RunData()


class _Created(Struct, frozen=True):
    run: _Run


class _Runs(Struct, frozen=True):
    runs: tuple[_Run, ...] = ()


def _is_replaced_by(run: _Run, batch: Mapping[str, list[dict[str, Any]]]) -> bool:
    """Whether a parameter or tag of the run has another value by now, which no call can change, and the run
    has nothing that a new one would lack: who logs by MLflow may have added to it."""
    is_other = False
    for kind, pairs in (("metrics", run.data.metrics), ("params", run.data.params), ("tags", run.data.tags)):
        wanted = {one["key"]: one["value"] for one in batch[kind]}
        if any(pair.key not in wanted for pair in pairs):
            return False
        is_other |= kind != "metrics" and any(pair.value != wanted[pair.key] for pair in pairs)
    return is_other


def _batch(candidate: Candidate) -> dict[str, list[dict[str, Any]]]:
    """What fits. One value that is too long would make GitLab refuse the whole batch."""
    return {
        "metrics": [
            {"key": name, "value": value, "timestamp": candidate.time_ms, "step": 0}
            for name, value in candidate.metrics.items()
            if len(name) <= LONGEST_NAME
        ],
        **{
            kind: [
                {"key": name, "value": value[: LONGEST_VALUES[kind]]}
                for name, value in values.items()
                if len(name) <= LONGEST_NAME and value
            ]
            for kind, values in (("params", candidate.params), ("tags", candidate.tags))
        },
    }
