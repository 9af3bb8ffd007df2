"""The tokens at hand, by the variables that hold them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

ACCESS_VARIABLES = ("EMEL_GITLAB_TOKEN", "GITLAB_TOKEN", "REPO_TOKEN")
"""Personal, project or group access tokens, in the order in which they are looked for."""
JOB_VARIABLE = "CI_JOB_TOKEN"


class Token(NamedTuple):
    """A secret, and where it came from. Its text form shows the variable alone."""

    variable: str
    value: str

    @property
    def header(self) -> dict[str, str]:
        """How it is sent (GitLab documentation, «REST API authentication»)."""
        name = "JOB-TOKEN" if self.variable == JOB_VARIABLE else "PRIVATE-TOKEN"
        return {name: self.value}

    def __repr__(self) -> str:
        return f"Token({self.variable})"


class Tokens(NamedTuple):
    """What may be tried: an access token for all that its scope and role allow, a job token for little."""

    access: Token | None
    job: Token | None


def find_tokens(env: Mapping[str, str]) -> Tokens:
    """The tokens in the environment. Neither empty ones nor the names of unresolved variables are any."""
    job = _usable(env.get(JOB_VARIABLE, ""))
    for variable in ACCESS_VARIABLES:
        value = _usable(env.get(variable, ""))
        # Some pipelines pass the job token under another name; it stays one, and goes in its own header.
        if value and value != job:
            return Tokens(Token(variable, value), Token(JOB_VARIABLE, job) if job else None)
    return Tokens(None, Token(JOB_VARIABLE, job) if job else None)


def _usable(value: str) -> str:
    value = value.strip()
    printable = value.isascii() and value.isprintable() and " " not in value
    return value if printable and not value.startswith("$") else ""
