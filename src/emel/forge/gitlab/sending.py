"""One call of GitLab's REST API: with the right token, again where that is safe, to where things moved."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import urlencode, urljoin, urlsplit

from emel.errors import CertificateError, EndpointError, ForgeError, NoConnectionError
from emel.forge.gitlab.refusals import Needs, missing_token, refused
from emel.forge.gitlab.tokens import Token, Tokens
from emel.system.clock import Clock
from emel.system.http import FileHttp, HttpReply

TIMEOUT = 30.0
"""Seconds for connecting, and for each read."""
FILE_TIMEOUT = 300.0
"""The same when a file was sent: GitLab answers once it has put it where it belongs, which takes time."""
FAULT_WAITS = (0.5, 1.0, 2.0, 4.0)
"""Seconds before each further try after a fault of the server or the network."""
LIMIT_WAITS = (2.0, 4.0, 8.0, 16.0, 32.0)
"""Seconds before each further try after a 429 that does not say how long: limits count by the minute."""
LONGEST_WAIT = 120.0
"""Seconds. A server that asks for more is not waited for."""
MOST_REDIRECTS = 3

Query = Mapping[str, str | int | bool]
NO_QUERY: Query = MappingProxyType({})


class Call(NamedTuple):
    """What is sent. A file as the body is read anew for each try."""

    method: str
    path: str
    """Below the API's URL, as `/projects/1/releases`."""
    query: Query = NO_QUERY
    body: bytes | Path | None = None
    content_type: str | None = None
    job_token: bool = False
    """Whether GitLab lets a job token make this call (its documentation, «CI/CD job token»)."""
    needs: Needs = Needs()
    once: bool = False
    """Whether a second one would have a second effect: it is repeated only if the first surely had none."""
    busy: tuple[int, ...] = ()
    """Answers that mean «not now»."""
    target: Path | None = None
    """Where the body of the answer is written to, instead of being kept in memory."""


class Sender:
    """Sends calls to one server. `tell` hears why it waits."""

    def __init__(
        self,
        api_url: str,
        project_url: str,
        tokens: Tokens,
        http: FileHttp,
        clock: Clock,
        tell: Callable[[str], None],
    ) -> None:
        self.api_url = api_url
        self._project_url = project_url
        self._tokens = tokens
        self._http = http
        self._clock = clock
        self._tell = tell

    def send(self, call: Call) -> HttpReply:
        """The answer, whose status is 2xx. Errors: ForgeError, MissingTokenError."""
        token = self._tokens.access or (self._tokens.job if call.job_token else None)
        where = f"{call.method} {self.api_url}{call.path}"
        if token is None:
            raise missing_token(job_token=self._tokens.job, needs=call.needs, project_url=self._project_url)
        reply = self._persist(call, token, where)
        if reply.status in (401, 403) and call.job_token and self._tokens.job not in (None, token):
            # An access token for comments need not have the rights that the job token has for releases.
            assert self._tokens.job is not None
            token = self._tokens.job
            reply = self._persist(call, token, where)
        if reply.status < 300:
            return reply
        raise refused(
            reply,
            where=where,
            token=token,
            needs=call.needs,
            project_url=self._project_url,
            once=call.once,
        )

    def proof(self, text: str) -> str:
        """A digest of the text keyed with the access token: 128 bits, which do not give the token away."""
        access = self._tokens.access
        return hmac.new(access.value.encode(), text.encode(), "sha256").hexdigest()[:32] if access else ""

    def _persist(self, call: Call, token: Token, where: str) -> HttpReply:
        faults, limits = iter(FAULT_WAITS), iter(LIMIT_WAITS)
        while True:
            try:
                reply = self._follow(call, token, where)
            except EndpointError as problem:
                sent = not isinstance(problem, NoConnectionError)
                wait = (
                    None
                    if isinstance(problem, CertificateError) or (sent and call.once)
                    else next(faults, None)
                )
                if wait is None:
                    raise _lost(call, problem, sent) from problem
                why = "does not answer"
            else:
                if reply.status == 429:
                    wait = next(limits, None)
                    if wait is not None:
                        wait = _retry_after(reply, self._clock) or wait
                    why = "has a limit of requests, which is reached"
                elif reply.status in call.busy or (reply.status >= 500 and not call.once):
                    wait, why = next(faults, None), f"answers {reply.status}"
                else:
                    return reply
                if wait is None or wait > LONGEST_WAIT:
                    return reply
            self._tell(f"GitLab {why}: trying again in {wait:g} s")
            self._clock.sleep(wait)

    def _follow(self, call: Call, token: Token, where: str) -> HttpReply:
        """One try. A project that moved answers 301 with its new address, and takes the same call there."""
        url = f"{self.api_url}{call.path}"
        if call.query:
            url += "?" + urlencode({name: _query_value(value) for name, value in call.query.items()})
        headers = {"Accept": "application/json", **token.header}
        if call.content_type:
            headers["Content-Type"] = call.content_type
        for _ in range(MOST_REDIRECTS + 1):
            reply = self._exchange(call, url, headers)
            if reply.status not in (301, 302, 307, 308) or "location" not in reply.headers:
                return reply
            target = urljoin(url, reply.headers["location"])
            if keeps_token(self.api_url, target):
                url = target
                continue
            if call.target is None:
                raise ForgeError(
                    f"GitLab sends this call to {target.split('?')[0]}, where the token must not go",
                    where=where,
                    hint="check CI_API_V4_URL, and that no sign-in page stands before the API",
                    status=reply.status,
                )
            # Files may lie in an object storage, whose address carries its own permission.
            url, headers = target, {}
        raise ForgeError("GitLab sends this call in a circle", where=where, status=reply.status)

    def _exchange(self, call: Call, url: str, headers: Mapping[str, str]) -> HttpReply:
        if call.target is not None:
            return self._http.download(url, call.target, headers=headers, timeout=TIMEOUT)
        if isinstance(call.body, Path):
            return self._http.upload(call.method, url, call.body, headers=headers, timeout=FILE_TIMEOUT)
        return self._http.request(call.method, url, body=call.body, headers=headers, timeout=TIMEOUT)


def keeps_token(api_url: str, target: str) -> bool:
    """Whether a token for `api_url` may be sent to `target`: the same server, or the same by HTTPS."""
    here, there = urlsplit(api_url), urlsplit(target)
    if here.netloc == there.netloc and here.scheme == there.scheme:
        return True
    upgraded = (here.scheme, there.scheme) == ("http", "https") and here.port is there.port is None
    return upgraded and here.hostname == there.hostname


def _lost(call: Call, problem: EndpointError, sent: bool) -> ForgeError:
    doubt = ", and it may have taken effect" if sent and call.once else ""
    untrusted = isinstance(problem, CertificateError)
    return ForgeError(
        f"{problem.message}{doubt}",
        hint=problem.hint if untrusted else "check the server's address and the network, and run this again",
        maybe_done=sent and call.once,
    )


def _retry_after(reply: HttpReply, clock: Clock) -> float | None:
    """Seconds that the server asks to wait, which it says as a number or as a time (RFC 9110, 10.2.3)."""
    said = reply.headers.get("retry-after", "").strip()
    if said.isdigit():
        return max(float(said), 0.5)
    if not said:
        return None
    try:
        return max((parsedate_to_datetime(said) - clock.now()).total_seconds(), 0.5)
    except (ValueError, TypeError):
        return None


def _query_value(value: str | int | bool) -> str | int:
    return str(value).lower() if isinstance(value, bool) else value
