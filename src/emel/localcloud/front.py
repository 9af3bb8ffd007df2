"""Requests to `/<function>/<tag>/…` on their way to the function, and its answers on their way back."""

from __future__ import annotations

import random
from urllib.parse import unquote

from emel.errors import PlatformError
from emel.localcloud.access import Gate
from emel.localcloud.control import METRICS, PREFIX, Control
from emel.localcloud.events import MalformedReply, Reply, Request, answer_of, frame_of
from emel.localcloud.http1 import Respond
from emel.localcloud.instance import Failure
from emel.localcloud.journal import Journal
from emel.localcloud.messages import Answer, Headers, problem
from emel.localcloud.router import Route, Router

RETRY_AFTER = "1"
"""Seconds after which a refused client may well try again."""


class Front:
    """Answers all requests. Belongs to one event loop; no call waits."""

    def __init__(self, router: Router, journal: Journal, gate: Gate, control: Control) -> None:
        self.draining = False
        """Whether new requests are turned away because the server is about to end."""
        self.active = 0
        """Requests that a function is answering."""
        self._router = router
        self._journal = journal
        self._gate = gate
        self._control = control

    def take(self, request: Request, respond: Respond) -> None:
        """Answer a request by calling `respond`, now or later."""
        try:
            answer = self._route(request, respond)
        except (PlatformError, OSError) as damage:
            answer = problem(500, "Damaged store", str(damage))
        if answer is not None:
            respond(answer)

    def _route(self, request: Request, respond: Respond) -> Answer | None:
        """The platform's own answer; None when a function has been called."""
        function, _, rest = request.path[1:].partition("/")
        if function == PREFIX:
            return self._control.answer(request, respond)
        refusal = self._gate.refuse(request)
        if refusal is not None:
            return refusal
        if not function:
            return self._control.index()
        if request.path == f"/{METRICS}":
            return self._control.metrics(request)
        tag, slash, path = rest.partition("/")
        route = self._router.route(function, tag)
        if route is None:
            return self._control.unknown(unquote(function), unquote(tag))
        if self.draining:
            return problem(503, "Shutting down", "the platform is shutting down")
        self._call(function, route, request._replace(path=slash + path or "/"), respond)
        return None

    def _call(self, function: str, route: Route, request: Request, respond: Respond) -> None:
        request_id = _new_id()
        version, pool = route
        named = [
            ("x-function-id", function),
            ("x-function-version-id", str(version.number)),
            ("x-request-id", request_id),
        ]

        def done(result: Reply | Failure) -> None:
            self.active -= 1
            if isinstance(result, Failure):
                failure = result
            else:
                try:
                    status, headers, body = answer_of(result)
                except MalformedReply as malformed:
                    pool.counters.recount(result.statusCode)
                    failure = Failure(502, "Malformed answer", str(malformed))
                else:
                    headers += named
                    respond(Answer(status, headers, body))
                    return
            self._report(function, version.number, request_id, failure)
            respond(_answer_to(failure, named))

        self.active += 1
        pool.ask(frame_of(request, request_id, round(version.settings.timeout * 1000)), done)

    def _report(self, function: str, version: int, request_id: str, failure: Failure) -> None:
        self._journal.platform(
            function,
            version,
            "",
            "warn" if failure.status == 429 else "error",
            f"{failure.title}: {failure.detail}",
            request_id=request_id,
            status=failure.status,
        )


def _new_id() -> str:
    """A random UUID, which no one needs to be unable to guess: a quarter of the cost of the library's."""
    digits = f"{random.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def _answer_to(failure: Failure, named: Headers) -> Answer:
    answer = problem(failure.status, failure.title, failure.detail)
    headers = [*answer.headers, *named]
    if failure.status == 429:
        headers.append(("retry-after", RETRY_AFTER))
    elif failure.status == 502:
        headers.append(("x-function-error", "true"))
    return answer._replace(headers=headers)
