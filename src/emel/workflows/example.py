"""A command line that asks an endpoint for one prediction: what deploy, report and demo show."""

from __future__ import annotations

import json
import shlex

import msgspec

from emel.apitest.address import address_of
from emel.clouds.base import Cloud
from emel.errors import DeployError
from emel.records import Bundle
from emel.workflows.local import LOCAL
from emel.workflows.project import Project
from emel_runtime.contract import KEY_HEADER
from emel_runtime.openapi_parts import example_row

LONGEST_ROW = 200
"""Characters of a row that stands in the line itself; a longer one is asked of the endpoint."""
API_KEY = "EMEL_API_KEY"
_KEYS = {API_KEY, f"{API_KEY}_SHA256"}
_BEARER = '"Authorization: Bearer $(yc iam create-token)"'


def example_line(project: Project, cloud: Cloud, bundle: Bundle, url: str, *, is_gateway: bool) -> str:
    """One line for a shell, without a secret in it, that has a made-up row predicted.

    A row that is too wide to be read comes from the endpoint's own `/example`. Whom a gateway lets through is
    a matter of its authorizer, and not of the cloud's own roles.
    """
    is_open = is_gateway or cloud.access is None or _may_anyone_call(cloud, bundle.name)
    who = "" if is_open else f" -H {_BEARER}"
    key = f' -H "{KEY_HEADER}: ${API_KEY}"' if _asks_key(project, cloud, is_gateway=is_gateway) else ""
    address = address_of(url)
    row = json.dumps(example_row(msgspec.to_builtins(bundle.signature.columns)), ensure_ascii=False)
    predict = shlex.quote(address.of("/predict"))
    post = f"curl -s {predict}{who}{key} -H 'Content-Type: application/json' -d"
    if len(row) <= LONGEST_ROW:
        return f"{post} {shlex.quote(row)}"
    return f"curl -s {shlex.quote(address.of('/example'))}{who} | {post} @-"


def _may_anyone_call(cloud: Cloud, function: str) -> bool:
    """As far as whoever deployed may see it; the deploy itself is done."""
    try:
        return cloud.access is not None and cloud.access.is_public(function)
    except DeployError:
        return False


def _asks_key(project: Project, cloud: Cloud, *, is_gateway: bool) -> bool:
    """Whether the function, or the authorizer before it, wants a key of the caller."""
    if cloud.name == LOCAL:
        # Its functions see the key in the environment that it was started in.
        return bool(_KEYS & project.system.env.keys())
    yandex = project.config.yandex_settings()
    if is_gateway and yandex.gateway.authorizer:
        return True
    return bool(_KEYS & {*yandex.environment, *(secret.variable for secret in yandex.secrets)})
