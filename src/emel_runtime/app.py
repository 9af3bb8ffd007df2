"""The function: loads once, then turns each cloud event into an answer."""

from __future__ import annotations

from time import perf_counter

from emel_runtime import log
from emel_runtime.contract import (
    FAULT,
    LONGEST_PATH,
    MANIFEST,
    MANIFEST_FORMAT,
    NO_REQUEST,
    Refusal,
    Response,
)
from emel_runtime.engine import open_model
from emel_runtime.events import reply_of, request_of
from emel_runtime.lean import dumps, loads
from emel_runtime.protocols import Columns, answer, body_of
from emel_runtime.pure import CorruptModel, Unanswerable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from emel_runtime.contract import Request

    Handler = Callable[[Request], Response]


class App:
    """One model behind HTTP events. `columns` reads rows and `model` answers them.

    `root` is the folder with the bundle's manifest.json. Errors: CorruptModel, OSError; a function must not
    start with a model that is not the proved one.
    """

    def __init__(self, root: str) -> None:
        with open(f"{root}/{MANIFEST}", encoding="utf-8") as file:  # noqa: PTH123
            manifest: Any = loads(file.read())
        if manifest["format"] != MANIFEST_FORMAT:
            raise CorruptModel(f"the manifest has format {manifest['format']}, not {MANIFEST_FORMAT}")
        self._manifest = manifest
        self._named: dict[str, str] = {key: manifest["model"][key] for key in ("name", "version")}
        self.columns = Columns(manifest["signature"]["columns"])
        self.model = open_model(root, manifest)
        self._cold = True
        self._routes: dict[str, dict[str, Handler]] = {
            "/": {"GET": self._describe, "POST": self._predict},
            "/predict": {"POST": self._predict},
            "/metadata": {"GET": self._describe},
            "/health": {"GET": self._health},
            "/openapi.json": {"GET": self._openapi},
        }

    def handle(self, event: object, context: object) -> dict[str, Any]:
        """Answer one event in the shape of its cloud, and write its line in the log.

        Raises nothing: a fault of our own is a 500, whose traceback the log gets and the client does not.
        """
        start = perf_counter()
        cold, self._cold = self._cold, False
        request, error = NO_REQUEST, None
        try:
            request = request_of(event, context)
            response = self._route(request)
        except Refusal as refusal:
            response = _problem(refusal.status, refusal.problem())
            if refusal.allow:
                response.headers["Allow"] = ", ".join(refusal.allow)
        except Exception:
            response = _problem(500, FAULT)
            error = _traceback()
        log.write(
            method=request.method,
            path=request.path,
            status=response.status,
            rows=response.rows,
            latency_ms=(perf_counter() - start) * 1000,
            cold=cold,
            request_id=request.request_id,
            version=self._named["version"],
            error=error,
        )
        return reply_of(response)

    def _route(self, request: Request) -> Response:
        path = "/" + request.path.strip("/")
        methods = self._routes.get(path)
        if methods is None:
            known = ", ".join(self._routes)
            raise Refusal(404, "there is nothing at this path", expected=known, got=path[:LONGEST_PATH])
        handler = methods.get(request.method)
        if handler is None:
            expected = " or ".join(methods)
            raise Refusal(405, f"use {expected} here", expected=expected, got=request.method, allow=methods)
        return handler(request)

    def _predict(self, request: Request) -> Response:
        rows = self.columns.rows(body_of(request))
        try:
            predictions, probabilities = self.model.answer(rows)
        except Unanswerable as problem:
            detail = f"row {problem.row}: {problem.reason}"
            raise Refusal(422, detail, row=problem.row) from None
        body = answer(predictions, probabilities, labels=self.model.labels, model=self._named)
        return Response(200, body, rows=len(rows))

    def _describe(self, request: Request) -> Response:
        shown = {key: self._manifest[key] for key in ("tier", "model", "signature", "libraries")}
        return Response(200, dumps(shown))

    def _health(self, request: Request) -> Response:
        return Response(200, dumps({"status": "ok", "model": self._named}))

    def _openapi(self, request: Request) -> Response:
        # Only who asks for the contract pays for the module that writes it.
        from emel_runtime.openapi import document

        return Response(200, dumps(document(self._manifest)))


def _problem(status: int, members: Mapping[str, object]) -> Response:
    return Response(status, dumps(members), content_type="application/problem+json")


def _traceback() -> str:
    # A fault is rare, and the module is dear.
    from traceback import format_exc

    return format_exc()
