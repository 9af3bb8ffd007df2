"""What the platform answers itself: `/` and all below `/_emel/`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from emel.localcloud.access import Gate
from emel.localcloud.events import Request
from emel.localcloud.messages import JSON, Answer, problem
from emel.localcloud.router import Router
from emel.localcloud.status import PlatformStatus, VersionStatus

PREFIX = "_emel"


class Control:
    """The platform's own pages. All but the list of functions are for its owner alone."""

    def __init__(self, router: Router, gate: Gate, *, server_id: str, pid: int, url: str) -> None:
        self._router = router
        self._gate = gate
        self._server_id = server_id
        self._pid = pid
        self._url = url

    def answer(self, request: Request) -> Answer:
        """Answer a request below `/_emel/`; the request's path begins with that."""
        refusal = self._gate.refuse_stranger(request)
        if refusal is not None:
            return refusal
        page = request.path.removeprefix(f"/{PREFIX}/")
        if page == "status":
            return Answer(200, JSON, msgspec.json.encode(self._status()))
        return problem(404, "Not Found", "the platform has /_emel/status")

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
        return PlatformStatus(self._server_id, self._pid, self._url, versions)
