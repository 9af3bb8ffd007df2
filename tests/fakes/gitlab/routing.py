"""Requests, replies, and the table of routes; each route says what a token needs for it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from tests.fakes.gitlab.state import DEVELOPER, Project, Token, World


@dataclass
class Request:
    """A request, with what the front has found out about it."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    now: float
    """Seconds on the server's clock."""
    time: str
    """The same as ISO 8601."""
    base: str
    """The API's URL."""
    variables: dict[str, str] = field(default_factory=dict)
    world: World = field(default_factory=World)
    token: Token | None = None
    role: int = 0
    _project: Project | None = None

    @property
    def project(self) -> Project:
        assert self._project is not None
        return self._project

    @property
    def user(self) -> Any:
        assert self.token is not None
        return self.token.user

    @property
    def content(self) -> dict[str, Any]:
        """The body as JSON or of a form, or the query where there is none."""
        if not self.body:
            return dict(self.query)
        if self.headers.get("content-type") == "application/x-www-form-urlencoded":
            return dict(parse_qsl(self.body.decode(), keep_blank_values=True))
        try:
            content = json.loads(self.body)
        except ValueError:
            raise Refusal(400, {"error": "the request body is not valid JSON"}) from None
        return dict(content)

    def required(self, name: str) -> Any:
        value = self.content.get(name)
        if value in (None, ""):
            raise Refusal(400, {"error": f"{name} is missing"})
        return value


class Reply(NamedTuple):
    """An answer: JSON, or bytes as they are."""

    status: int
    content: Any = None
    headers: dict[str, str] = {}  # noqa: RUF012


class Refusal(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, content: Any, headers: dict[str, str] | None = None) -> None:
        super().__init__(content)
        self.reply = Reply(status, content, headers or {})


Handler = Callable[[Request], Reply]


class Route(NamedTuple):
    """One call of the API, and who may make it."""

    method: str
    pattern: re.Pattern[str]
    handler: Handler
    role: int
    scopes: tuple[str, ...]
    job_token: bool
    deploy_token: bool
    public: bool = False
    """Whether the call brings its own proof, which its handler asks for."""


ROUTES: list[Route] = []


def route(
    method: str,
    path: str,
    *,
    role: int = DEVELOPER,
    scopes: Sequence[str] = (),
    job_token: bool = False,
    deploy_token: bool = False,
    public: bool = False,
) -> Callable[[Handler], Handler]:
    """Enter a handler for `path`, in which `:name` is one part and `*name` the rest."""
    shape = re.sub(r":(\w+)", r"(?P<\1>[^/]+)", path)
    shape = re.sub(r"\*(\w+)", r"(?P<\1>.+)", shape)
    needed = tuple(scopes) or (("api", "read_api") if method == "GET" else ("api",))

    def enter(handler: Handler) -> Handler:
        pattern = re.compile(shape)
        ROUTES.append(Route(method, pattern, handler, role, needed, job_token, deploy_token, public))
        return handler

    return enter


def not_found(what: str) -> Refusal:
    return Refusal(404, {"message": f"404 {what} Not Found"})


def page(request: Request, rows: Sequence[Any], shown: Callable[[Any], Any] = lambda row: row) -> Reply:
    """One page of a list, with the headers that lead to the next.

    Rows for which `shown` gives None are left out after the pages were cut, so a page can be short.
    """
    size = min(int(request.query.get("per_page", 20)), 100)
    number = int(request.query.get("page", 1))
    last = max(1, -(-len(rows) // size))
    headers = {"x-page": str(number), "x-per-page": str(size)}
    if request.world.totals:
        headers |= {"x-total": str(len(rows)), "x-total-pages": str(last)}
    links = []
    if number < last:
        links.append((number + 1, "next"))
        headers["x-next-page"] = str(number + 1)
    links.append((1, "first"))
    if request.world.totals:
        links.append((last, "last"))
    headers["link"] = ", ".join(
        f'<{request.base}{request.path}?{urlencode({**request.query, "page": to})}>; rel="{rel}"'
        for to, rel in links
    )
    cut = (shown(row) for row in rows[(number - 1) * size : number * size])
    return Reply(200, [row for row in cut if row is not None], headers)
