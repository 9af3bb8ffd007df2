"""Canaries of tags: the gateway before a function sends a share of its requests to another tag.

A function's own address has no shares. The version on trial gets a tag of its own, `emel-canary-prod` for
`prod`, so that it stays the same whatever happens to the tag that it was named by.
"""

from __future__ import annotations

import msgspec

from emel.clouds.yandex.functions import YandexFunctions, canary_tag
from emel.clouds.yandex.gateways import YandexGateways
from emel.clouds.yandex.scaling import YandexScaling
from emel.errors import DeployError
from emel.records import Canary


class YandexCanaries:
    """See emel.clouds.base.Canaries."""

    def __init__(self, functions: YandexFunctions, gateways: YandexGateways, scaling: YandexScaling) -> None:
        self._functions = functions
        self._gateways = gateways
        self._scaling = scaling

    def canary(self, function: str, tag: str) -> Canary | None:
        return self._functions.canaries(function, self._gateways.find(function)).get(tag)

    def set_canary(self, function: str, tag: str, canary: Canary | None) -> None:
        if canary is None:
            self._functions.end_canary(function, tag)
            return
        if tag not in self._functions.tags(function):
            raise DeployError(f"function {function} has no tag {tag!r}", hint="deploy to the tag first")
        self._check_gateway(function, tag)
        on_trial = canary_tag(tag)
        self._functions.set_tag(function, on_trial, canary.version)
        policy = self._scaling.policy(function, tag)
        if policy is not None:
            # What is kept warm is billed; a trial has to do without.
            self._scaling.set_policy(function, on_trial, msgspec.structs.replace(policy, provisioned=0))
        self._gateways.share(function, on_trial, canary.weight)

    def _check_gateway(self, function: str, tag: str) -> None:
        found = self._gateways.find(function)
        if found is None:
            raise DeployError(
                f"there is no API gateway {function}, and a function's own address has no shares",
                hint="put one before the function first: emel deploy --to yandex --gateway",
            )
        if found.tag != tag:
            raise DeployError(
                f"the requests to API gateway {function} go to {found.tag}, so {tag} has none to share",
                hint=f"share those of {found.tag}: --tag {found.tag}",
            )
