"""Model experiments, by the paths and answers of MLflow's REST API.

Rules from GitLab's documentation, «MLflow client compatibility», and its sources, lib/api/ml/mlflow and
app/models/ml: every success is 200; who may read but not write gets 401; a batch leaves out parameters and
tags that are there already, a single one of them is refused; names and parameters have at most 250
characters, tags 5,000; a search is of one experiment, newest first.
"""

from __future__ import annotations

import uuid
from typing import Any

from tests.fakes.gitlab.routing import Refusal, Reply, Request, route
from tests.fakes.gitlab.state import DEVELOPER, GUEST, Json

ROOT = "/projects/:project/ml/mlflow/api/2.0/mlflow"
STATES = ("RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED")
LONGEST = {"metrics": None, "params": 250, "tags": 5000}


def absent() -> Refusal:
    return Refusal(404, {"error_code": "RESOURCE_DOES_NOT_EXIST"})


def invalid(message: str) -> Refusal:
    return Refusal(400, {"error_code": "INVALID_PARAMETER_VALUE", "message": message})


@route("GET", f"{ROOT}/experiments/get-by-name", role=GUEST)
def get_experiment_by_name(request: Request) -> Reply:
    wanted = request.query.get("experiment_name", "")
    found = next((one for one in request.project.experiments.values() if one["name"] == wanted), None)
    if found is None:
        raise absent()
    return Reply(200, {"experiment": _shown_experiment(found)})


@route("GET", f"{ROOT}/experiments/get", role=GUEST)
def get_experiment(request: Request) -> Reply:
    return Reply(200, {"experiment": _shown_experiment(_experiment(request, request.query))})


@route("POST", f"{ROOT}/experiments/create", role=GUEST)
def create_experiment(request: Request) -> Reply:
    _writing(request)
    name = request.required("name")
    if any(one["name"] == name for one in request.project.experiments.values()):
        raise Refusal(400, {"error_code": "RESOURCE_ALREADY_EXISTS"})
    number = str(len(request.project.experiments) + 1)
    request.project.experiments[number] = {"id": number, "name": name, "runs": {}}
    return Reply(200, {"experiment_id": number})


@route("POST", f"{ROOT}/runs/create", role=GUEST)
def create_run(request: Request) -> Reply:
    _writing(request)
    request.required("experiment_id")
    experiment = _experiment(request, request.content)
    tags = _pairs(request.content.get("tags") or [], "tags")
    made = {
        "id": str(uuid.UUID(int=request.world.number("candidate"))),
        "experiment": experiment["id"],
        "name": request.content.get("run_name") or tags.get("mlflow.runName"),
        "status": "RUNNING",
        "start_time": request.content.get("start_time", 0),
        "end_time": None,
        "metrics": [],
        "params": {},
        "tags": tags,
    }
    experiment["runs"][made["id"]] = made
    return Reply(200, {"run": _shown_run(made)})


@route("GET", f"{ROOT}/runs/get", role=GUEST)
def get_run(request: Request) -> Reply:
    return Reply(200, {"run": _shown_run(_run(request, request.query.get("run_id", "")))})


@route("POST", f"{ROOT}/runs/search", role=GUEST)
def search_runs(request: Request) -> Reply:
    _writing(request)
    wanted = request.required("experiment_ids")
    experiment = _experiment(request, {"experiment_id": wanted[0]})
    runs = list(experiment["runs"].values())[::-1]
    size = min(int(request.content.get("max_results", 200)), 1000)
    start = int(request.content.get("page_token") or 0)
    more = {"next_page_token": str(start + size)} if start + size < len(runs) else {}
    return Reply(200, {"runs": [_shown_run(run) for run in runs[start : start + size]], **more})


@route("POST", f"{ROOT}/runs/update", role=GUEST)
def update_run(request: Request) -> Reply:
    run = _own_run(request)
    status = request.content.get("status")
    if status is not None and status not in STATES:
        raise Refusal(400, {"error": "status does not have a valid value"})
    run["status"] = status or run["status"]
    run["end_time"] = request.content.get("end_time") or run["end_time"]
    return Reply(200, {"run_info": _shown_run(run)["info"]})


@route("POST", f"{ROOT}/runs/delete", role=GUEST)
def delete_run(request: Request) -> Reply:
    run = _own_run(request)
    del request.project.experiments[run["experiment"]]["runs"][run["id"]]
    return Reply(200, {})


@route("POST", f"{ROOT}/runs/log-batch", role=GUEST)
def log_batch(request: Request) -> Reply:
    run = _own_run(request)
    batch = {kind: request.content.get(kind) or [] for kind in LONGEST}
    fitting = {kind: _pairs(values, kind) for kind, values in batch.items()}
    run["metrics"] += batch["metrics"]
    for kind in ("params", "tags"):
        run[kind] = {**fitting[kind], **run[kind]}
    return Reply(200, {})


@route("POST", f"{ROOT}/runs/log-metric", role=GUEST)
def log_metric(request: Request) -> Reply:
    run = _own_run(request)
    _pairs([request.content], "metrics")
    run["metrics"].append({name: request.content.get(name) for name in ("key", "value", "timestamp", "step")})
    return Reply(200, {})


@route("POST", f"{ROOT}/runs/log-parameter", role=GUEST)
def log_parameter(request: Request) -> Reply:
    return _single(request, "params")


@route("POST", f"{ROOT}/runs/set-tag", role=GUEST)
def set_tag(request: Request) -> Reply:
    return _single(request, "tags")


def _single(request: Request, kind: str) -> Reply:
    run = _own_run(request)
    ((key, value),) = _pairs([request.content], kind).items()
    if key in run[kind]:
        raise invalid(f"Validation failed: Name '{key}' already taken")
    run[kind][key] = value
    return Reply(200, {})


def _pairs(values: list[Json], kind: str) -> dict[str, Any]:
    longest = LONGEST[kind]
    for one in values:
        if "key" not in one or "value" not in one:
            raise Refusal(400, {"error": f"{kind}[0][key] is missing"})
        if len(one["key"]) > 250 or (longest and len(one["value"]) > longest):
            raise invalid("PG::CheckViolation: value too long")
        if kind == "metrics" and not isinstance(one["value"], int | float):
            raise Refusal(400, {"error": "metrics[0][value] is invalid"})
    return {one["key"]: one["value"] for one in values}


def _writing(request: Request) -> None:
    if request.role < DEVELOPER:
        raise Refusal(401, {"message": "401 Unauthorized"})


def _own_run(request: Request) -> Json:
    _writing(request)
    return _run(request, request.required("run_id"))


def _run(request: Request, wanted: str) -> Json:
    for experiment in request.project.experiments.values():
        if wanted in experiment["runs"]:
            run: Json = experiment["runs"][wanted]
            return run
    raise absent()


def _experiment(request: Request, given: Json) -> Json:
    found = request.project.experiments.get(str(given.get("experiment_id", "")))
    if found is None:
        raise absent()
    return found


def _shown_experiment(experiment: Json) -> Json:
    return {
        "experiment_id": experiment["id"],
        "name": experiment["name"],
        "lifecycle_stage": "active",
        "artifact_location": "not_implemented",
        "tags": [],
    }


def _shown_run(run: Json) -> Json:
    latest = {one["key"]: one for one in run["metrics"]}
    info = {
        "run_id": run["id"],
        "run_uuid": run["id"],
        "experiment_id": run["experiment"],
        "start_time": run["start_time"],
        "end_time": run["end_time"],
        "run_name": run["name"],
        "status": run["status"],
        "artifact_uri": "",
        "lifecycle_stage": "active",
        "user_id": "1",
    }
    data = {
        "metrics": list(latest.values()),
        **{
            kind: [{"key": key, "value": value} for key, value in run[kind].items()]
            for kind in ("params", "tags")
        },
    }
    return {"info": {name: value for name, value in info.items() if value is not None}, "data": data}
