"""GitLab's REST API as typed calls: JSON in, records out, lists from all their pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import parse_qsl, quote, urlsplit

import msgspec

from emel.errors import ForgeError
from emel.forge.gitlab.refusals import Needs
from emel.forge.gitlab.sending import Call, Query, Sender
from emel.system.http import HttpReply

PAGE = 100
"""The most that GitLab puts on a page."""
READ = Needs("Reporter", "read_api")
WRITE = Needs("Developer", "api")

T = TypeVar("T")


class Api:
    """The calls of one project."""

    def __init__(self, sender: Sender, project: str) -> None:
        self.sender = sender
        self.project = f"/projects/{part(project)}"
        """The path that the calls about the project begin with."""

    def get(
        self,
        path: str,
        kind: type[T],
        *,
        query: Query | None = None,
        job_token: bool = False,
        needs: Needs = READ,
    ) -> T:
        """One thing."""
        call = Call("GET", path, query or {}, job_token=job_token, needs=needs)
        return self.decoded(call, self.sender.send(call), kind)

    def find(
        self,
        path: str,
        kind: type[T],
        *,
        query: Query | None = None,
        job_token: bool = False,
        needs: Needs = READ,
    ) -> T | None:
        """One thing, or None when it is not there, which GitLab also says of what the token may not see."""
        try:
            return self.get(path, kind, query=query, job_token=job_token, needs=needs)
        except ForgeError as problem:
            if problem.status == 404:
                return None
            raise

    def list(
        self,
        path: str,
        kind: type[T],
        *,
        query: Query | None = None,
        job_token: bool = False,
        needs: Needs = READ,
    ) -> Iterator[T]:
        """All of a list, page after page.

        A page may be short although more follow: GitLab leaves out what the token may not see after it has
        cut the pages. So only the headers tell where the list ends.
        """
        asked: dict[str, Any] | None = {**(query or {}), "per_page": PAGE}
        while asked is not None:
            call = Call("GET", path, asked, job_token=job_token, needs=needs)
            reply = self.sender.send(call)
            yield from self.decoded(call, reply, tuple[kind, ...])  # type: ignore[valid-type]
            asked = _next_page(reply, asked)

    def post(
        self,
        path: str,
        kind: type[T],
        content: Mapping[str, Any],
        *,
        job_token: bool = False,
        needs: Needs = WRITE,
        busy: tuple[int, ...] = (),
    ) -> T:
        """Make something. Sent again only when the first try surely did nothing."""
        call = Call(
            "POST",
            path,
            body=msgspec.json.encode(_given(content)),
            content_type="application/json",
            job_token=job_token,
            needs=needs,
            once=True,
            busy=busy,
        )
        return self.decoded(call, self.sender.send(call), kind)

    def put(
        self,
        path: str,
        kind: type[T],
        content: Mapping[str, Any],
        *,
        job_token: bool = False,
        needs: Needs = WRITE,
    ) -> T:
        """Change something."""
        call = Call(
            "PUT",
            path,
            body=msgspec.json.encode(_given(content)),
            content_type="application/json",
            job_token=job_token,
            needs=needs,
        )
        return self.decoded(call, self.sender.send(call), kind)

    def delete(self, path: str, *, job_token: bool = False, needs: Needs = WRITE) -> None:
        """Delete something. What is gone already is no error, although GitLab then says 404."""
        try:
            self.sender.send(Call("DELETE", path, job_token=job_token, needs=needs))
        except ForgeError as problem:
            if problem.status != 404:
                raise

    def decoded(self, call: Call, reply: HttpReply, kind: type[T]) -> T:
        """The answer as a record. Errors: ForgeError when it is something else."""
        try:
            return msgspec.json.decode(reply.body, type=kind)
        except msgspec.DecodeError as problem:
            kind_of = reply.headers.get("content-type", "no type")
            raise ForgeError(
                f"the answer ({reply.status}, {kind_of}) is not what GitLab's API answers: {problem}",
                where=f"{call.method} {self.sender.api_url}{call.path}",
                hint="check that CI_API_V4_URL, or the project's `origin`, leads to a GitLab server",
                status=reply.status,
                maybe_done=call.once,
            ) from problem


def part(value: str | int) -> str:
    """A part of a path, with every special character encoded: `group/project` → `group%2Fproject`."""
    return quote(str(value), safe="")


def _given(content: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in content.items() if value is not None}


def _next_page(reply: HttpReply, asked: Mapping[str, Any]) -> dict[str, Any] | None:
    """What to ask for next, from `Link`; of its address only the query, as a proxy may garble the rest."""
    for link in reply.headers.get("link", "").split(","):
        address, _, rest = link.partition(";")
        if 'rel="next"' in rest:
            return dict(parse_qsl(urlsplit(address.strip(" <>")).query))
    number = reply.headers.get("x-next-page", "")
    return {**asked, "page": number} if number else None
