"""Functions of the local platform: reads and writes of its store, with or without a server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from emel.clouds.checks import check_digest
from emel.localcloud import Store, function_status, server_status, server_url
from emel.records import Bundle, FunctionSettings, FunctionStatus, FunctionVersion


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
        check_digest(bundle)
        return self._store.create_version(
            function, bundle.path, model_version=bundle.version, commit=bundle.commit, settings=settings
        )

    def tags(self, function: str) -> Mapping[str, int]:
        return self._store.tags(function)

    def set_tag(self, function: str, tag: str, number: int) -> None:
        self._store.set_tag(function, tag, number)

    def tag_history(self, function: str, tag: str) -> Sequence[int]:
        return self._store.tag_history(function, tag)

    def url(self, function: str, tag: str) -> str:
        return f"{server_url(self._store)}/{function}/{tag}"

    def status(self, function: str) -> FunctionStatus:
        return function_status(self._store, function, server_status(self._store))

    def clean_up(self, bundle: Bundle) -> None:
        """The store leaves nothing behind that the next write does not remove."""

    def delete(self, function: str) -> None:
        self._store.delete(function)
