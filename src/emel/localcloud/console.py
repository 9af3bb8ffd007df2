"""The console: one page, and the data that it asks for every second. For the platform's owner alone."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import msgspec

from emel.errors import PlatformError
from emel.localcloud.events import Request
from emel.localcloud.history import History, HistoryPoint
from emel.localcloud.logs import read_log
from emel.localcloud.messages import JSON, Answer, problem
from emel.localcloud.meter import Counters, percentile
from emel.localcloud.router import Router
from emel.localcloud.store import Store
from emel.localcloud.usage import read_usage
from emel.records import LOG_LEVELS, Canary, CloudCost, FunctionVersion, LogFilter

LISTED_VERSIONS = 20
LISTED_RECORDS = 200

Price = Callable[[int, int, float], Sequence[CloudCost]]
"""What calls would cost on each cloud, from their memory class in MB, number and processor seconds."""


class VersionRow(msgspec.Struct):
    """A version in the console's table."""

    number: int
    model_version: str
    created: str
    memory: int
    tags: Sequence[str]
    calls: int
    errors: int
    billed_gb_seconds: float
    costs: Sequence[CloudCost]
    """What its calls would cost elsewhere."""


class TagRow(msgspec.Struct):
    """A tag, and where it pointed before."""

    name: str
    version: int
    previous: int | None
    url: str
    canary: Canary | None


class FunctionView(msgspec.Struct):
    """All that the console shows of one function."""

    name: str
    tags: Sequence[TagRow]
    versions: Sequence[VersionRow]
    """The newest, and those that a tag points at; the newest first."""
    version_count: int
    instances: Mapping[str, int]
    """State → how many."""
    waiting: int
    calls: int
    errors: int
    refused: int
    cold_starts: int
    p50_seconds: float | None
    p95_seconds: float | None
    p99_seconds: float | None
    points: Sequence[HistoryPoint]


class Move(msgspec.Struct):
    """A tag that is to be moved, by someone who saw it at the version `before`."""

    function: str
    tag: str
    before: int
    after: int


class Console:
    """What stands behind the page."""

    def __init__(self, store: Store, router: Router, history: History, price: Price | None, url: str) -> None:
        self._store = store
        self._router = router
        self._history = history
        self._price = price
        self._url = url

    def state(self, request: Request) -> Answer:
        """All functions by name, and one of them in full: the one that the query names, or the first."""
        names = self._store.functions()
        wanted = _query(request, "function") or (names[0] if names else "")
        view = self._view(wanted) if wanted in names else None
        return Answer(200, JSON, msgspec.json.encode({"functions": names, "function": view}))

    def logs(self, request: Request) -> Answer:
        """The newest records of the function that the query names, of a level and above."""
        level, function = _query(request, "level") or "trace", _query(request, "function")
        if level not in LOG_LEVELS or function not in self._store.functions():
            return problem(400, "Bad Request", "the query names a function and a level")
        wanted = LogFilter(level=level, limit=LISTED_RECORDS)
        records, _ = read_log(self._store.folder / "logs", function, wanted)
        return Answer(200, JSON, msgspec.json.encode(records))

    def move(self, request: Request) -> Answer:
        """Point a tag at a version, and end its canary. 409 when someone else was faster."""
        try:
            move = msgspec.json.decode(request.body, type=Move)
        except msgspec.DecodeError as wrong:
            return problem(400, "Bad Request", f"the body is no move of a tag: {wrong}")
        now = self._store.tags(move.function).get(move.tag)
        if now not in (move.before, move.after):
            detail = f"{move.tag} points at version {now} by now, and not at {move.before}"
            return problem(409, "Conflict", detail)
        try:
            self._store.set_tag(move.function, move.tag, move.after)
        except PlatformError as refused:
            return problem(400, "Bad Request", str(refused))
        return Answer(200, JSON, msgspec.json.encode(move))

    def _view(self, function: str) -> FunctionView:
        pools = {number: pool for (name, number), pool in self._router.pools().items() if name == function}
        known = self._store.read(function)
        tags = known.tags
        used = known.in_use()
        listed = [
            version
            for place, version in enumerate(reversed(known.all()))
            if place < LISTED_VERSIONS or version.number in used
        ]
        usage = read_usage(self._store.folder, function)
        usage.versions.update({number: pool.counters for number, pool in pools.items()})
        counters = usage.total()
        states: dict[str, int] = {"starting": 0, "busy": 0, "idle": 0, "suspended": 0}
        for pool in pools.values():
            for state, instances in pool.states.items():
                states[state] += instances
        return FunctionView(
            name=function,
            tags=[self._tag(function, tag, number) for tag, number in sorted(tags.items())],
            versions=[
                self._version(version, usage.versions.get(version.number) or Counters()) for version in listed
            ],
            version_count=len(known.versions),
            instances=states,
            waiting=sum(pool.load.waiting for pool in pools.values()),
            calls=counters.calls,
            errors=counters.errors,
            refused=counters.refused,
            cold_starts=counters.cold_starts,
            p50_seconds=percentile(counters.latency, 0.5),
            p95_seconds=percentile(counters.latency, 0.95),
            p99_seconds=percentile(counters.latency, 0.99),
            points=self._history.points(function),
        )

    def _tag(self, function: str, tag: str, number: int) -> TagRow:
        history = self._store.tag_history(function, tag)
        previous = history[-2] if len(history) > 1 else None
        return TagRow(
            tag, number, previous, f"{self._url}/{function}/{tag}", self._store.canary(function, tag)
        )

    def _version(self, version: FunctionVersion, counters: Counters) -> VersionRow:
        price = self._price
        return VersionRow(
            number=version.number,
            model_version=version.model_version,
            created=version.created,
            memory=version.settings.memory,
            tags=version.tags,
            calls=counters.calls,
            errors=counters.errors,
            billed_gb_seconds=counters.billed_gb_seconds,
            costs=price(version.settings.memory, counters.calls, counters.run_seconds) if price else (),
        )


@cache
def page() -> Answer:
    """The page itself: it holds no data, and may talk to nobody but the platform."""
    html = Path(__file__).with_name("console.html").read_bytes()
    script = re.search(rb"<script>(.*?)</script>", html, re.DOTALL)
    assert script is not None
    digest = base64.b64encode(hashlib.sha256(script[1]).digest()).decode()
    policy = (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    headers = [
        ("content-type", "text/html; charset=utf-8"),
        ("content-security-policy", policy),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cache-control", "no-cache"),
    ]
    return Answer(200, headers, html)


def _query(request: Request, name: str) -> str:
    values: Any = parse_qs(request.query).get(name, ("",))
    return str(values[-1])
