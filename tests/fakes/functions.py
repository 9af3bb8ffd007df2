"""A cloud's functions in memory, as tests/contracts/test_functions.py wants them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from emel.errors import DeployError
from emel.records import (
    Bundle,
    Canary,
    FunctionSettings,
    FunctionStatus,
    FunctionVersion,
    ScalingPolicy,
    StoredObjects,
)


class InMemoryFunctions:
    """See emel.clouds.base.Functions and Canaries."""

    def __init__(self) -> None:
        self._versions: dict[str, list[FunctionVersion]] = {}
        self._history: dict[tuple[str, str], list[int]] = {}
        self._canaries: dict[tuple[str, str], Canary] = {}

    def names(self) -> Sequence[str]:
        return sorted(self._versions)

    def versions(self, function: str) -> Sequence[FunctionVersion]:
        tags = self.tags(function)
        return [
            msgspec.structs.replace(
                version, tags=tuple(sorted(tag for tag, number in tags.items() if number == version.number))
            )
            for version in self._versions.get(function, ())
        ]

    def find_version(self, function: str, digest: str, settings: FunctionSettings) -> FunctionVersion | None:
        for version in self.versions(function):
            if (version.digest, version.settings) == (digest, settings):
                return version
        return None

    def create_version(self, function: str, bundle: Bundle, settings: FunctionSettings) -> FunctionVersion:
        existing = self.find_version(function, bundle.digest, settings)
        if existing is not None:
            return existing
        versions = self._versions.setdefault(function, [])
        version = FunctionVersion(
            number=len(versions) + 1,
            digest=bundle.digest,
            model_version=bundle.version,
            commit=bundle.commit,
            created="2026-11-22T00:00:00+00:00",
            settings=settings,
        )
        versions.append(version)
        return version

    def tags(self, function: str) -> Mapping[str, int]:
        return {tag: history[-1] for (name, tag), history in self._history.items() if name == function}

    def set_tag(self, function: str, tag: str, number: int) -> None:
        if not 1 <= number <= len(self._versions.get(function, ())):
            raise DeployError(f"function {function} has no version {number}")
        self._canaries.pop((function, tag), None)
        history = self._history.setdefault((function, tag), [])
        if history[-1:] != [number]:
            history.append(number)

    def remove_tag(self, function: str, tag: str) -> None:
        self._history.pop((function, tag), None)

    def tag_history(self, function: str, tag: str) -> Sequence[int]:
        return tuple(self._history.get((function, tag), ()))

    def canary(self, function: str, tag: str) -> Canary | None:
        return self._canaries.get((function, tag))

    def set_canary(self, function: str, tag: str, canary: Canary | None) -> None:
        if (function, tag) not in self._history:
            raise DeployError(f"function {function} has no tag {tag!r}")
        if canary is None:
            self._canaries.pop((function, tag), None)
        elif canary.version > len(self._versions[function]):
            raise DeployError(f"function {function} has no version {canary.version}")
        else:
            self._canaries[function, tag] = canary

    def url(self, function: str, tag: str) -> str:
        return f"https://functions.test/{function}/{tag}"

    def status(self, function: str) -> FunctionStatus:
        return FunctionStatus(
            function=function,
            versions=tuple(self.versions(function)),
            instances=0,
            calls=0,
            errors=0,
            cold_starts=0,
            p50_seconds=None,
            p99_seconds=None,
            billed_gb_seconds=0.0,
        )

    def clean_up(self, bundle: Bundle) -> None:
        pass

    def stored(self, function: str) -> Sequence[StoredObjects]:
        return ()

    def delete(self, function: str) -> None:
        self._versions.pop(function, None)
        for key in [key for key in self._history if key[0] == function]:
            del self._history[key]


class InMemoryScaling:
    """See emel.clouds.base.Scaling."""

    def __init__(self) -> None:
        self._policies: dict[tuple[str, str], ScalingPolicy] = {}

    def policy(self, function: str, tag: str) -> ScalingPolicy | None:
        return self._policies.get((function, tag))

    def set_policy(self, function: str, tag: str, policy: ScalingPolicy) -> None:
        self._policies[function, tag] = policy


class InMemoryAccess:
    """See emel.clouds.base.Access."""

    def __init__(self) -> None:
        self._public: set[str] = set()

    def is_public(self, function: str) -> bool:
        return function in self._public

    def make_public(self, function: str) -> None:
        self._public.add(function)

    def headers(self) -> Mapping[str, str]:
        return {"Authorization": "Bearer token"}
