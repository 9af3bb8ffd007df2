"""The function: loads once, then turns each cloud event into an answer.

What few requests need is in modules of its own, which are loaded when the first of these requests comes.
"""

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
    Retry,
)
from emel_runtime.engine import open_model
from emel_runtime.events import reply_of, request_of
from emel_runtime.lean import digest, dumps, loads
from emel_runtime.protocols import Columns, answer, answered, body_of
from emel_runtime.pure import CorruptModel, Unanswerable
from emel_runtime.settings import listed, setting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from emel_runtime.contract import Request
    from emel_runtime.protocols import Row

    Handler = Callable[[Request], Response]

INFERENCE = "/v2"
"""The root of the Open Inference Protocol."""
DIGEST = "sha256:"


class App:
    """One model behind cloud events. `columns` reads rows and `model` answers them.

    `root` is the folder with the bundle's manifest.json. Errors: CorruptModel, OSError; a function must not
    start with a model that is not the proved one.
    """

    def __init__(self, root: str) -> None:
        with open(f"{root}/{MANIFEST}", encoding="utf-8") as file:  # noqa: PTH123
            manifest: Any = loads(file.read())
        if manifest["format"] != MANIFEST_FORMAT:
            raise CorruptModel(f"the manifest has format {manifest['format']}, not {MANIFEST_FORMAT}")
        self.manifest = manifest
        self.named: dict[str, str] = {key: manifest["model"][key] for key in ("name", "version")}
        self.columns = Columns(manifest["signature"]["columns"])
        self.model = open_model(root, manifest)
        self.labels: list[Any] = self.model.labels
        self._cold = True
        self._key = _expected_key()
        self._origins: Sequence[str] = listed("EMEL_CORS") or manifest.get("cors", ())
        self._logging: Mapping[str, Any] = manifest.get("logging", {})
        self._routes: dict[str, dict[str, Handler]] = {
            "/": {"GET": self._front, "POST": self._predict},
            "/predict": {"POST": self._predict},
            "/invocations": {"POST": self._invoke},
            "/metadata": {"GET": self._describe},
            "/example": {"GET": self._example},
            "/health": {"GET": self._health},
            "/ping": {"GET": self._ping},
            "/version": {"GET": self._version},
            "/openapi.json": {"GET": self._openapi},
        }

    @property
    def guarded(self) -> bool:
        """Whether requests for predictions must bring a key."""
        return bool(self._key)

    def handle(self, event: object, context: object) -> Any:
        """Answer one event in the shape of its cloud, and write its line in the log.

        A fault of our own is a 500, whose traceback the log gets and the client does not. Raises nothing
        but Retry, which asks the cloud to send an event of a trigger again.
        """
        start = perf_counter()
        cold, self._cold = self._cold, False
        request, error, retry = NO_REQUEST, None, None
        shaped: Callable[[Response], Any] = reply_of
        try:
            found = request_of(event, context)
            if found is None:
                # Only events that are no HTTP requests pay for the module.
                from emel_runtime import triggers

                request, shaped = triggers.request_of(event, context)
                response = triggers.respond(self, event, context)
            else:
                request = found
                response = self._route(request)
        except Refusal as refusal:
            response = _refusal(refusal, request)
        except Retry as problem:
            response, retry = _fault(request), problem
            error = str(problem)
        except Exception:
            response, error = _fault(request), _traceback()
        if self._origins:
            self._share(request, response)
        log.write(
            method=request.method,
            path=request.path,
            status=response.status,
            rows=len(response.answered[0]),
            latency_ms=(perf_counter() - start) * 1000,
            cold=cold,
            request_id=request.request_id,
            version=self.named["version"],
            error=error,
            shown=self._shown(response),
        )
        if retry is not None:
            raise retry
        return shaped(response)

    def predict(self, rows: Sequence[Row]) -> tuple[Sequence[Any], Any]:
        """Predictions, and probabilities in the order of `labels` or None. Errors: Refusal, status 422."""
        try:
            return self.model.answer(rows)
        except Unanswerable as problem:
            detail = f"row {problem.row}: {problem.reason}"
            raise Refusal(422, detail, row=problem.row) from None

    def answer(self, rows: list[Row]) -> Response:
        """Rows in emel's own form of an answer. Errors: Refusal with status 413 or 422."""
        predictions, probabilities = self.predict(rows)
        body = answer(predictions, probabilities, labels=self.labels, model=self.named)
        return answered(body, rows, predictions)

    def _route(self, request: Request) -> Response:
        path = "/" + _plain(request.path).strip("/")
        methods = self._routes.get(path) or self._rarer(path)
        handler = methods.get(request.method)
        if handler is None:
            return self._by_rarer_method(request, methods)
        if self._key and request.method == "POST":
            # Only who has set a key pays for the module.
            from emel_runtime.access import require_key

            require_key(request, self._key)
        return handler(request)

    def _rarer(self, path: str) -> Mapping[str, Handler]:
        if path == INFERENCE or path.startswith(INFERENCE + "/"):
            from emel_runtime import inference

            return inference.methods(self, path)
        known = ", ".join([*self._routes, INFERENCE])
        raise Refusal(404, "there is nothing at this path", expected=known, got=path[:LONGEST_PATH])

    def _by_rarer_method(self, request: Request, methods: Mapping[str, Handler]) -> Response:
        allowed = [*methods, *(["HEAD"] if "GET" in methods else []), "OPTIONS"]
        if request.method == "HEAD" and "GET" in methods:
            response = methods["GET"](request)
            response.body = ""
            return response
        if request.method == "OPTIONS":
            response = Response(204, "")
            response.headers = {"Allow": ", ".join(allowed)}
            return response
        expected = " or ".join(methods)
        raise Refusal(405, f"use {expected} here", expected=expected, got=request.method[:10], allow=allowed)

    def _predict(self, request: Request) -> Response:
        return self.answer(self.columns.rows(body_of(request)))

    def _invoke(self, request: Request) -> Response:
        from emel_runtime.mlflow import invoke

        return invoke(self, request)

    def _front(self, request: Request) -> Response:
        if "text/html" not in request.headers.get("accept", "").lower():
            return self._describe(request)
        # Only a browser pays for the page.
        from emel_runtime.page import HEADERS, page

        response = Response(
            200, page(self.manifest, guarded=self.guarded), content_type="text/html; charset=utf-8"
        )
        response.headers.update(HEADERS)
        return response

    def _describe(self, request: Request) -> Response:
        shown = {key: self.manifest[key] for key in ("tier", "model", "signature", "libraries")}
        shown.update({key: self.manifest[key] for key in ("parity", "metrics") if key in self.manifest})
        return Response(200, dumps(shown))

    def _example(self, request: Request) -> Response:
        # Only who asks for an example pays for the module that makes it.
        from emel_runtime.openapi_parts import example_row

        return Response(200, dumps(example_row(self.manifest["signature"]["columns"])))

    def _health(self, request: Request) -> Response:
        return Response(200, dumps({"status": "ok", "model": self.named}))

    def _ping(self, request: Request) -> Response:
        # As MLflow's own server answers.
        return Response(200, "\n")

    def _version(self, request: Request) -> Response:
        return Response(200, str(self.manifest["emel"]), content_type="text/plain")

    def _openapi(self, request: Request) -> Response:
        # Only who asks for the contract pays for the module that writes it.
        from emel_runtime.openapi import document

        return Response(200, dumps(document(self.manifest, guarded=self.guarded)))

    def _share(self, request: Request, response: Response) -> None:
        from emel_runtime import access

        access.share(request, response, self._origins)
        if response.status == 204 and "Access-Control-Allow-Origin" in response.headers:
            access.answer_preflight(response)

    def _shown(self, response: Response) -> Mapping[str, object]:
        rows, predictions = response.answered
        if not self._logging.get("predictions") or not rows:
            return {}
        # Only who asks for inputs and outputs in the log pays for the module.
        from emel_runtime.recording import record

        return record(self.columns.names, rows, predictions, self._logging)


def _expected_key() -> str:
    """The digest of the key that requests must bring; empty where they need none."""
    digest_of_key = setting("EMEL_API_KEY_SHA256").lower().removeprefix(DIGEST)
    if digest_of_key:
        return DIGEST + digest_of_key
    key = setting("EMEL_API_KEY")
    return digest(key.encode()) if key else ""


def _plain(path: str) -> str:
    """A path without escapes: some platforms send the version `0.0.0+1a2b3c4d` as `0.0.0%2B1a2b3c4d`."""
    if "%" not in path:
        return path
    # Hardly a path has any, and the module is dear.
    from urllib.parse import unquote

    return unquote(path)


def _refusal(refusal: Refusal, request: Request) -> Response:
    members = refusal.problem()
    if request.path.startswith(INFERENCE):
        # Where clients of that protocol look.
        members["error"] = refusal.detail
    response = _problem(refusal.status, members)
    if refusal.allow:
        response.headers["Allow"] = ", ".join(refusal.allow)
    if refusal.status == 401:
        response.headers["WWW-Authenticate"] = "ApiKey"
    if request.method == "HEAD":
        response.body = ""
    return response


def _fault(request: Request) -> Response:
    """What a client hears of a fault of our own: nothing but where to look."""
    named = {"request_id": request.request_id} if request.request_id else {}
    return _problem(500, {**FAULT, **named})


def _problem(status: int, members: Mapping[str, object]) -> Response:
    return Response(status, dumps(members), content_type="application/problem+json")


def _traceback() -> str:
    # A fault is rare, and the module is dear.
    from traceback import format_exc

    return format_exc()
