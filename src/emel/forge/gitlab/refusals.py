"""What GitLab says when it refuses, in its own words, and what would help."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, NamedTuple

import msgspec

from emel.errors import ForgeError, MissingTokenError
from emel.forge.gitlab.tokens import ACCESS_VARIABLES, JOB_VARIABLE, Token
from emel.system.http import HttpReply

LONGEST = 500
"""Characters of an answer that are repeated."""


class Needs(NamedTuple):
    """What a token must have for a call."""

    role: str = "Developer"
    scope: str = "api"
    """Several stand with commas between them."""


def refused(
    reply: HttpReply, *, where: str, token: Token | None, needs: Needs, project_url: str, once: bool
) -> ForgeError:
    """The error of an answer that is no success. `once` tells that the call must not be repeated blindly."""
    said = words(reply)
    tried = f" (with the token in {token.variable})" if token and reply.status in (401, 403, 404) else ""
    return ForgeError(
        f"GitLab says {reply.status}: {said}{tried}",
        where=where,
        hint=_hint(reply.status, needs, project_url),
        status=reply.status,
        maybe_done=once and reply.status >= 500,
    )


def missing_token(*, job_token: Token | None, needs: Needs, project_url: str) -> MissingTokenError:
    """The error of a call that no token at hand may make; nothing has been sent."""
    named = f"none of {', '.join(ACCESS_VARIABLES)} is set"
    if job_token:
        named = f"GitLab's own {JOB_VARIABLE} may not do this, and {named}"
    return MissingTokenError(
        f"no token for GitLab: {named}",
        hint=f"make {_token(needs, project_url)} and add it to the project's CI/CD variables as "
        f"{ACCESS_VARIABLES[0]}, masked and not protected; a personal access token does, too, where the plan "
        "has no project ones",
    )


def words(reply: HttpReply) -> str:
    """What the answer says, on one line.

    GitLab has several shapes: `message` as text, as a list or by field, `error` with or without a description
    (GitLab documentation, «Troubleshooting the REST API»), and plain text for 429.
    """
    said = ""
    try:
        content = msgspec.json.decode(reply.body)
    except msgspec.DecodeError:
        if reply.headers.get("content-type", "").startswith("text/plain"):
            said = reply.body.decode("utf-8", "replace")
    else:
        said = _text(content)
    said = " ".join(said.split())[:LONGEST].removeprefix(f"{reply.status} ")
    return said or _phrase(reply.status)


def _text(content: Any) -> str:
    if not isinstance(content, dict):
        return _flat(content)
    if "message" in content:
        return _flat(content["message"])
    parts = [_flat(content[key]) for key in ("error", "error_description", "error_code") if key in content]
    if "scope" in content:
        parts.append(f"scope: {_flat(content['scope'])}")
    return ", ".join(parts)


def _flat(value: Any) -> str:
    if isinstance(value, dict):
        named = ((key, _flat(inner)) for key, inner in value.items())
        return "; ".join(inner if key == "base" else f"{key} {inner}" for key, inner in named)
    if isinstance(value, list):
        return ", ".join(_flat(inner) for inner in value)
    return str(value)


def _token(needs: Needs, project_url: str) -> str:
    """The token that is missing, and where it is made."""
    address = f"{project_url}/-/settings/access_tokens"
    scopes = ", ".join(f"`{scope}`" for scope in needs.scope.split(", "))
    return f"a project access token with role {needs.role} and scope {scopes} ({address})"


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "no reason given"


def _hint(status: int, needs: Needs, project_url: str) -> str | None:
    if status == 401:
        return f"check that the token is neither expired nor revoked, or make {_token(needs, project_url)}"
    if status in (403, 404):
        return f"check that the address is right, or make {_token(needs, project_url)}"
    if status == 413:
        return "make the file smaller, or ask an administrator to raise the limit"
    if status == 429:
        return "run the job again in a few minutes: the server's limit of requests is reached"
    if status >= 500:
        return "run the job again later: the server has trouble of its own"
    return None
