"""Functions of the local platform: reads and writes of its store, with or without a server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from emel.errors import BundleError
from emel.localcloud import Store, function_status, server_status, server_url
from emel.records import Bundle, FunctionSettings, FunctionStatus, FunctionVersion
from emel.system.files import sha256_of


class LocalFunctions:
    """See emel.clouds.base.Functions. No call blocks for longer than it takes to copy a bundle."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def names(self) -> Sequence[str]:
        return self._store.functions()

    def versions(self, function: str) -> Sequence[FunctionVersion]:
        return self._store.versions(function)

    def find_version(self, function: str, digest: str, settings: FunctionSettings) -> FunctionVersion | None:
        return self._store.find(function, digest, settings)

    def create_version(self, function: str, bundle: Bundle, settings: FunctionSettings) -> FunctionVersion:
        _check_digest(bundle)
        return self._store.create_version(
            function, bundle.path, model_version=bundle.version, commit=bundle.commit, settings=settings
        )

    def tags(self, function: str) -> Mapping[str, int]:
        return self._store.tags(function)

    def set_tag(self, function: str, tag: str, number: int) -> None:
        self._store.set_tag(function, tag, number)

    def remove_tag(self, function: str, tag: str) -> None:
        self._store.remove_tag(function, tag)

    def tag_history(self, function: str, tag: str) -> Sequence[int]:
        return self._store.tag_history(function, tag)

    def url(self, function: str, tag: str) -> str:
        return f"{server_url(self._store)}/{function}/{tag}"

    def status(self, function: str) -> FunctionStatus:
        return function_status(self._store, function, server_status(self._store))

    def delete(self, function: str) -> None:
        self._store.delete(function)


def _check_digest(bundle: Bundle) -> None:
    try:
        found = sha256_of(bundle.path)
    except FileNotFoundError as problem:
        raise BundleError(
            "the bundle is gone", where=str(bundle.path), hint="build it with `emel package`"
        ) from problem
    if found != bundle.digest:
        raise BundleError(
            "the file is not the bundle that was built and tested: its digest differs",
            where=str(bundle.path),
            hint="build it again with `emel package`",
        )
