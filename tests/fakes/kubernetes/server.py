"""The API server: who asks, whether they may, and what there is."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from jsonschema import Draft202012Validator
from tests.fakes.kubernetes.schema import SCHEMAS
from tests.fakes.kubernetes.world import NAMESPACE, Thing, World

TOKEN = "cluster-token"
_PATH = re.compile(
    r"/(?P<api>api/v1|apis/batch/v1)/(namespaces/(?P<namespace>[^/]+)/)?(?P<plural>\w+)"
    r"(/(?P<name>[^/]+))?(/(?P<sub>log))?"
)
_SINGULAR = {"jobs": "jobs.batch", "pods": "pods", "secrets": "secrets", "nodes": "nodes"}


@dataclass
class Fault:
    """A call that is refused. With `after` it is carried out, and only its answer is lost."""

    verb: str
    plural: str
    status: int
    reason: str
    times: int = 1
    after: bool = False


class Refused(Exception):
    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": message,
            "reason": reason,
            "code": status,
        }


class Asked(NamedTuple):
    verb: str
    plural: str
    namespace: str
    name: str
    sub: str
    query: dict[str, str]
    body: bytes


@dataclass
class FakeCluster:
    """One cluster with one user. `ClusterServer` lets others than the stand-in reach it."""

    world: World = field(default_factory=World)
    calls: list[str] = field(default_factory=list)
    """`create jobs`, `get pods/log`, …"""
    faults: list[Fault] = field(default_factory=list)
    rights: set[str] | None = None
    """What whoever asks may do, as `create jobs`; None for everything."""
    page: int = 500

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    def answer(self, method: str, target: str, token: str, body: bytes) -> tuple[int, bytes]:
        """The status and the body for a request."""
        with self._lock:
            try:
                said = self._answered(method, target, token, body)
            except Refused as problem:
                return problem.status["code"], json.dumps(problem.status).encode()
        return 200, said if isinstance(said, bytes) else json.dumps(said).encode()

    def _answered(self, method: str, target: str, token: str, body: bytes) -> Thing | bytes:
        if token != f"Bearer {TOKEN}":
            raise Refused(401, "Unauthorized", "Unauthorized")
        if urlsplit(target).path == "/version":
            return {"major": "1", "minor": "34", "gitVersion": "v1.34.0"}
        asked = _read(method, target, body)
        call = f"{asked.verb} {asked.plural}{'/' * bool(asked.sub)}{asked.sub}"
        self.calls.append(call)
        if self.rights is not None and call not in self.rights:
            message = (
                f'{_SINGULAR[asked.plural]} is forbidden: User "ada" cannot {call} in namespace "{NAMESPACE}"'
            )
            raise Refused(403, "Forbidden", message)
        fault = self._fault(asked)
        if fault is None or fault.after:
            self.world.step()
            said = self._carried_out(asked)
        if fault is not None:
            raise Refused(fault.status, fault.reason, "because the test says so")
        return said

    def _fault(self, asked: Asked) -> Fault | None:
        for fault in self.faults:
            if (fault.verb, fault.plural) == (asked.verb, asked.plural) and fault.times > 0:
                fault.times -= 1
                return fault
        return None

    def _carried_out(self, asked: Asked) -> Thing | bytes:
        if asked.plural == "nodes":
            return self._listed(asked, self.world.nodes)
        if asked.namespace != NAMESPACE:
            raise Refused(404, "NotFound", f'namespaces "{asked.namespace}" not found')
        known = self.world.kind(asked.plural)
        if asked.verb == "create":
            return self._created(asked, known)
        if asked.verb == "list":
            return self._listed(asked, list(known.values()))
        if asked.name not in known:
            raise Refused(404, "NotFound", f'{_SINGULAR[asked.plural]} "{asked.name}" not found')
        if asked.sub:
            return self._log(asked.name)
        if asked.verb == "delete":
            return self._deleted(asked, known)
        return known[asked.name]

    def _created(self, asked: Asked, known: dict[str, Thing]) -> Thing:
        thing = json.loads(asked.body)
        assert asked.query["fieldValidation"] == "Strict"
        for problem in Draft202012Validator(SCHEMAS[asked.plural]).iter_errors(thing):
            message = f"strict decoding error: {problem.json_path}: {problem.message}"
            raise Refused(400, "BadRequest", message)
        name = thing["metadata"]["name"]
        if name in known:
            raise Refused(409, "AlreadyExists", f'{_SINGULAR[asked.plural]} "{name}" already exists')
        return self.world.add(asked.plural, thing)

    def _listed(self, asked: Asked, things: list[Thing]) -> Thing:
        chosen = [one for one in things if _has(one, asked.query.get("labelSelector", ""))]
        first = int(asked.query.get("continue") or 0)
        size = min(self.page, int(asked.query.get("limit") or 500))
        following = str(first + size) if first + size < len(chosen) else ""
        return {"items": chosen[first : first + size], "metadata": {"continue": following}}

    def _log(self, name: str) -> bytes:
        if name not in self.world.consoles:
            message = f'container "runner" in pod "{name}" is waiting to start: PodInitializing'
            raise Refused(400, "BadRequest", message)
        return self.world.consoles[name].encode()

    def _deleted(self, asked: Asked, known: dict[str, Thing]) -> Thing:
        if asked.plural != "jobs":
            return known.pop(asked.name)
        # Without a word on it, pods of a Job would be left behind by the raw API.
        assert asked.query["propagationPolicy"] == "Foreground"
        known[asked.name]["metadata"]["deletionTimestamp"] = "2026-11-22T13:00:00Z"
        return known[asked.name]


def _read(method: str, target: str, body: bytes) -> Asked:
    parts = urlsplit(target)
    found = _PATH.fullmatch(unquote(parts.path))
    if found is None or (found["api"] == "apis/batch/v1") != (found["plural"] == "jobs"):
        raise Refused(404, "NotFound", "the server could not find the requested resource")
    query = {key: values[0] for key, values in parse_qs(parts.query).items()}
    verbs = {"POST": "create", "DELETE": "delete", "GET": "get" if found["name"] else "list"}
    name, sub = found["name"] or "", found["sub"] or ""
    return Asked(verbs[method], found["plural"], found["namespace"] or "", name, sub, query, body)


def _has(thing: Thing, selector: str) -> bool:
    labels = thing["metadata"].get("labels", {})
    for term in re.split(r",(?![^(]*\))", selector) if selector else ():
        among = re.fullmatch(r"(\S+) in \((.*)\)", term)
        if among and labels.get(among[1]) not in among[2].split(","):
            return False
        if not among and labels.get(term.partition("=")[0]) != term.partition("=")[2]:
            return False
    return True
