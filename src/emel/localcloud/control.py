"""What the platform answers itself: `/`, `/metrics` and all below `/_emel/`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from emel.errors import PlatformError
from emel.localcloud.access import Gate
from emel.localcloud.console import Console, page
from emel.localcloud.events import Request
from emel.localcloud.http1 import Respond
from emel.localcloud.instance import Instance
from emel.localcloud.messages import JSON, Answer, problem
from emel.localcloud.metrics import CONTENT_TYPE, Reading, metrics_text, resident_bytes
from emel.localcloud.router import Router
from emel.localcloud.status import PlatformStatus, VersionStatus

PREFIX = "_emel"
METRICS = "metrics"


class Control:
    """The platform's own pages. All but the list of functions are for its owner alone."""

    def __init__(
        self,
        router: Router,
        gate: Gate,
        console: Console,
        *,
        server_id: str,
        pid: int,
        url: str,
        throttle: str = "",
    ) -> None:
        self._router = router
        self._gate = gate
        self._console = console
        self._server_id = server_id
        self._pid = pid
        self._url = url
        self._throttle = throttle

    def answer(self, request: Request, respond: Respond) -> Answer | None:
        """Answer a request below `/_emel/`; None when it will be answered by calling `respond`."""
        what = (request.method, request.path.removeprefix(f"/{PREFIX}/"))
        if what == ("GET", "console"):
            return self._gate.refuse_name(request) or page()
        refusal = self._gate.refuse_stranger(request)
        if refusal is not None:
            return refusal
        match what:
            case "GET", "status":
                return Answer(200, JSON, msgspec.json.encode(self._status()))
            case "GET", "state":
                return self._console.state(request)
            case "GET", "logs":
                _later(self._console.logs, request, respond)
                return None
            case "POST", "move":
                _later(self._console.move, request, respond)
                return None
        return problem(404, "Not Found", "the platform has /_emel/console and /_emel/status")

    def metrics(self, request: Request) -> Answer:
        """What the platform counts, for Prometheus, which needs no token."""
        refusal = self._gate.refuse_name(request)
        if refusal is not None:
            return refusal
        readings = [
            Reading(
                function=function,
                version=number,
                states=pool.states,
                waiting=pool.load.waiting,
                memory_bytes=resident_bytes(
                    worker.pid for worker in pool.workers if isinstance(worker, Instance)
                ),
                counters=pool.counters,
            )
            for (function, number), pool in self._router.pools().items()
        ]
        headers = [("content-type", CONTENT_TYPE), ("cache-control", "no-store")]
        return Answer(200, headers, metrics_text(readings))

    def index(self) -> Answer:
        """Which functions there are, and where."""
        content = {"functions": self.addresses(), "status": f"{self._url}/{PREFIX}/status"}
        return Answer(200, JSON, msgspec.json.encode(content))

    def unknown(self, function: str, tag: str) -> Answer:
        """What a request to an address without a function gets."""
        known: Mapping[str, Any] = self.addresses()
        if function not in known:
            detail = f"there is no function {function!r}"
        elif not tag:
            detail = "the address of a function ends with one of its tags"
        else:
            detail = f"the function {function!r} has no tag {tag!r}"
        return problem(404, "Not Found", detail, exists=known)

    def addresses(self) -> dict[str, dict[str, str]]:
        """The address of each tag of each function."""
        return {
            function: {tag: f"{self._url}/{function}/{tag}" for tag in tags}
            for function, tags in self._router.addresses().items()
        }

    def _status(self) -> PlatformStatus:
        versions = [
            VersionStatus(
                function=function,
                number=number,
                instances=pool.load.instances,
                busy=pool.load.busy,
                waiting=pool.load.waiting,
                starting=pool.load.starting,
                suspended=pool.suspended,
                counters=pool.counters,
            )
            for (function, number), pool in self._router.pools().items()
        ]
        return PlatformStatus(self._server_id, self._pid, self._url, versions, self._throttle)


def _later(work: Callable[[Request], Answer], request: Request, respond: Respond) -> None:
    """Have something that waits for the disk, or for another writer, done aside from the loop."""
    asyncio.get_running_loop().run_in_executor(None, work, request).add_done_callback(
        lambda done: respond(_result_of(done))
    )


def _result_of(done: asyncio.Future[Answer]) -> Answer:
    try:
        return done.result()
    except (PlatformError, OSError) as damage:
        return problem(500, "Damaged store", str(damage))
