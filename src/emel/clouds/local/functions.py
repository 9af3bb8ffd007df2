"""Functions of the local platform: reads and writes of its store, with or without a server."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from emel.clouds.checks import check_digest, mounts_of
from emel.errors import DeployError
from emel.localcloud import Store, function_status, server_status, server_url
from emel.records import Bundle, Canary, FunctionSettings, FunctionStatus, FunctionVersion, StoredObjects


class LocalFunctions:
    """See emel.clouds.base.Functions and Canaries. No call takes longer than to copy a bundle."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def names(self) -> Sequence[str]:
        return self._store.functions()

    def versions(self, function: str) -> Sequence[FunctionVersion]:
        return self._store.versions(function)

    def find_version(self, function: str, digest: str, settings: FunctionSettings) -> FunctionVersion | None:
        return self._store.find(function, digest, settings)

    def create_version(self, function: str, bundle: Bundle, settings: FunctionSettings) -> FunctionVersion:
        check_digest(bundle)
        _check_python(bundle)
        return self._store.create_version(
            function,
            bundle.path,
            model_version=bundle.version,
            commit=bundle.commit,
            settings=settings,
            mounts=mounts_of(bundle),
        )

    def tags(self, function: str) -> Mapping[str, int]:
        return self._store.tags(function)

    def set_tag(self, function: str, tag: str, number: int) -> None:
        self._store.set_tag(function, tag, number)

    def remove_tag(self, function: str, tag: str) -> None:
        self._store.remove_tag(function, tag)

    def tag_history(self, function: str, tag: str) -> Sequence[int]:
        return self._store.tag_history(function, tag)

    def canary(self, function: str, tag: str) -> Canary | None:
        return self._store.canary(function, tag)

    def set_canary(self, function: str, tag: str, canary: Canary | None) -> None:
        self._store.set_canary(function, tag, canary)

    def url(self, function: str, tag: str) -> str:
        return f"{server_url(self._store)}/{function}/{tag}"

    def status(self, function: str) -> FunctionStatus:
        return function_status(self._store, function, server_status(self._store))

    def clean_up(self, bundle: Bundle) -> None:
        """The store leaves nothing behind that the next write does not remove."""

    def stored(self, function: str) -> Sequence[StoredObjects]:
        """The store has no place beside the function's own."""
        return ()

    def delete(self, function: str) -> None:
        self._store.delete(function)


def _check_python(bundle: Bundle) -> None:
    """Instances run under the Python that runs emel, and libraries under no other than they are for."""
    own = "{}.{}".format(*sys.version_info)
    if bundle.tier != "pure" and bundle.python not in ("", own):
        raise DeployError(
            f"the libraries in the bundle are for Python {bundle.python}, and the local platform runs {own}",
            where=str(bundle.path),
            hint=f"package it for {own}: EMEL_FUNCTION_PYTHON={own} emel deploy --to local",
        )
