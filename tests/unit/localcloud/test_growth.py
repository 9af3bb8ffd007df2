"""What stands in the store does not slow down who uses it: files that are opened are counted, not seconds."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from tests.fakes.bundles import ECHO, TRIVIAL, write_bundle

from emel.localcloud import Store, function_status
from emel.localcloud.journal import Journal
from emel.localcloud.meter import Counters
from emel.localcloud.router import Router
from emel.localcloud.store import FunctionFile
from emel.localcloud.usage import KEPT_VERSIONS, read_usage, write_usage
from emel.records import FunctionSettings, FunctionVersion
from emel.system.clock import SystemClock

MANY_VERSIONS = 10_000
MANY_FUNCTIONS = 100

opened: list[str] | None = None
"""The files that are opened while somebody counts."""


def note(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open" and opened is not None:
        opened.append(str(arguments[0]))


# Nothing can be taken away from the interpreter's audit; it costs nothing while nobody counts.
sys.addaudithook(note)


@contextmanager
def counting(folder: Path) -> Iterator[list[str]]:
    """The files below a folder that the block opens."""
    global opened
    found: list[str] = []
    opened = []
    try:
        yield found
    finally:
        found += [name for name in opened if name.startswith(str(folder))]
        opened = None


def filled(folder: Path, versions: int, functions: int) -> Store:
    """A store with `functions` functions, and `versions` versions of `demo`, the last of them tagged."""
    store = Store(folder, kept=MANY_VERSIONS)
    bundle = write_bundle(folder.parent, ECHO)
    for number in range(functions - 1):
        name = f"other-{number}"
        store.create_version(name, bundle, model_version="v1", commit=None, settings=FunctionSettings())
        store.set_tag(name, "prod", 1)
    first = store.create_version("demo", bundle, model_version="v1", commit=None, settings=FunctionSettings())
    rows = tuple(
        FunctionVersion(
            number=number,
            digest=first.digest,
            model_version=f"v{number}",
            commit=None,
            created=first.created,
            settings=FunctionSettings(timeout=number / 100),
        )
        for number in range(1, versions + 1)
    )
    content = FunctionFile(versions, rows, {"prod": versions}, {"prod": [versions]})
    store.function_file("demo").write_bytes(msgspec.json.encode(content))
    return store


@pytest.fixture(params=[(1, 1), (MANY_VERSIONS, MANY_FUNCTIONS)], ids=["few", "many"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return filled(tmp_path / "local", *request.param)


def test_a_deploy_opens_as_many_files_whatever_there_is(store: Store, tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path, TRIVIAL)
    with counting(store.folder) as files:
        version = store.create_version(
            "demo", bundle, model_version="v2", commit=None, settings=FunctionSettings()
        )
        store.set_tag("demo", "prod", version.number)
    assert len(files) < 25
    assert version.number in (2, MANY_VERSIONS + 1)


def test_the_status_opens_two_files_whatever_there_is(store: Store) -> None:
    with counting(store.folder) as files:
        status = function_status(store, "demo", None)
    assert len(files) <= 2
    assert len(status.versions) in (1, MANY_VERSIONS)


def test_routing_opens_nothing_once_it_knows_a_function(store: Store, tmp_path: Path) -> None:
    router = Router(store, Journal(tmp_path / "logs", SystemClock()), tmp_path / "work")
    with counting(store.folder) as first:
        router.route("demo", "prod")
        router.follow()
    assert len(first) <= MANY_FUNCTIONS + 5
    with counting(store.folder) as later:
        for _ in range(100):
            assert router.route("demo", "prod") is not None
            router.follow()
    assert later == []


def test_the_use_of_many_versions_is_one_file_of_bounded_size(tmp_path: Path) -> None:
    for number in range(1, 2 * KEPT_VERSIONS):
        write_usage(tmp_path, "demo", {number: Counters(calls=1, latency={number: 1})})
    usage = read_usage(tmp_path, "demo")
    assert len(usage.versions) == KEPT_VERSIONS
    assert usage.total().calls == 2 * KEPT_VERSIONS - 1
    assert len(list((tmp_path / "usage").iterdir())) == 1
