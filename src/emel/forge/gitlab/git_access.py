"""How Git itself reaches GitLab with the tokens of the environment, which are written down nowhere.

Git asks a helper for user and password (Git documentation, «gitcredentials»). Ours is a line of shell that
reads the variables when it is called, so the settings hold their names alone. What GitLab takes with a token
as the password: any user with an access token, `gitlab-ci-token` with a job token (GitLab documentation,
«Personal access tokens», «CI/CD job token»).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from emel.forge.gitlab.tokens import find_tokens


def credential_settings(url: str, env: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Settings of Git with which it gets into the server of `url`: name → values.

    Nothing where no token is at hand, or the address is not one of HTTP, for then Git has ways of its own.
    """
    tokens = find_tokens(env)
    token = tokens.access or tokens.job
    parts = urlsplit(url)
    if token is None or parts.scheme not in ("http", "https"):
        return {}
    user = "oauth2" if token is tokens.access else "gitlab-ci-token"
    said = f'printf "username={user}\\npassword=%s\\n" "${token.variable}"'
    # The empty value takes other helpers out of the list, which would keep the token in a store.
    helper = f'!f() {{ if test "$1" = get; then {said}; fi; }}; f'
    server = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    return {f"credential.{server}.helper": ("", helper)}


def git_environment(url: str, env: Mapping[str, str]) -> dict[str, str]:
    """The same as variables, for one call of `git` (Git documentation, «git-config»)."""
    settings = credential_settings(url, env)
    pairs = [(name, value) for name, values in settings.items() for value in values]
    if not pairs:
        return {}
    # What is there already stays, such as a `safe.directory` of the image.
    first = int(env.get("GIT_CONFIG_COUNT") or 0)
    variables = {"GIT_CONFIG_COUNT": str(first + len(pairs))}
    for number, (name, value) in enumerate(pairs, start=first):
        variables |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    tokens = find_tokens(env)
    return variables | {token.variable: token.value for token in tokens if token}


def without_login(url: str) -> str:
    """The address without user and password: those of a job's clone hold its token."""
    return re.sub(r"^(https?://)[^@/]*@", r"\1", url)
