"""A store whose writer is killed at any step, and one whose disk is full."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from tests.fakes.bundles import ECHO, TRIVIAL, write_bundle

from emel.errors import PlatformError
from emel.localcloud.disk import SystemDisk
from emel.localcloud.store import FunctionFile, Store, hold_code
from emel.records import Canary, FunctionSettings

STEPS = 12
"""More than any change has."""


class Killed(BaseException):
    """The process is gone: nobody catches this."""


class DyingDisk(SystemDisk):
    """Works for so many steps; the one after it fails, before or after it was done."""

    def __init__(self, steps: int, fault: BaseException, *, done: bool) -> None:
        self.steps = steps
        self._fault = fault
        self._done = done

    def write(self, path: Path, data: bytes) -> None:
        self._step(lambda: super(DyingDisk, self).write(path, data))

    def unpack(self, bundle: Path, target: Path, mounts: Mapping[str, Path]) -> None:
        self._step(lambda: super(DyingDisk, self).unpack(bundle, target, mounts))

    def remove(self, path: Path) -> None:
        self._step(lambda: super(DyingDisk, self).remove(path))

    def _step(self, act: Callable[[], None]) -> None:
        self.steps -= 1
        if self.steps == 0 and not self._done:
            raise self._fault
        act()
        if self.steps == 0:
            raise self._fault


def create(store: Store, bundle: Path) -> int:
    return store.create_version(
        "demo", bundle, model_version="v1", commit=None, settings=FunctionSettings()
    ).number


CHANGES: dict[str, Callable[[Store, Path], object]] = {
    "deploy": lambda store, bundle: create(store, bundle),
    "promote": lambda store, bundle: store.set_tag("demo", "prod", 2),
    "start a canary": lambda store, bundle: store.set_canary("demo", "prod", Canary(version=2, weight=5)),
    "delete": lambda store, bundle: store.delete("demo"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two versions, the first tagged, and none kept that is not."""
    store = Store(tmp_path / "local", kept=1)
    for number, code in ((1, ECHO), (2, TRIVIAL)):
        create(store, write_bundle(tmp_path, code))
        if number == 1:
            store.set_tag("demo", "prod", 1)
    return store.folder


def check(store: Store, before: FunctionFile, change: str) -> None:
    """The function is as it was or as it was to be, and whatever is in service can start."""
    now = store.read("demo")
    if now != before:
        if change == "delete":
            assert now == FunctionFile()
        if change == "deploy":
            assert now.latest == 3
    for number in now.in_use():
        version = now.find(number)
        assert version is not None
        assert (store.code("demo", version.digest) / "handler.py").is_file()
    assert all(store.code("demo", version.digest).is_dir() for version in now.versions)


@pytest.mark.parametrize("done", [False, True], ids=["before it", "after it"])
@pytest.mark.parametrize("change", CHANGES)
def test_a_writer_that_is_killed_at_any_step_loses_nothing(
    folder: Path, tmp_path: Path, change: str, done: bool
) -> None:
    bundle = write_bundle(tmp_path, ECHO + "# third\n")
    before = Store(folder).read("demo")
    killed = 0
    for step in range(1, STEPS):
        disk = DyingDisk(step, Killed(), done=done)
        try:
            CHANGES[change](Store(folder, kept=1, disk=disk), bundle)
        except Killed:
            killed += 1
        check(Store(folder), before, change)
        if disk.steps > 0:
            break
    CHANGES[change](Store(folder, kept=1), bundle)
    check(Store(folder), before, change)
    assert killed >= 1
    assert disk.steps > 0


def test_a_killed_deploy_leaves_nothing_for_good(folder: Path, tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path, ECHO + "# third\n")
    with pytest.raises(Killed):
        create(Store(folder, kept=1, disk=DyingDisk(1, Killed(), done=True)), bundle)
    store = Store(folder, kept=1)
    create(store, write_bundle(tmp_path, ECHO + "# fourth\n"))
    wanted = {version.digest.removeprefix("sha256:") for version in store.versions("demo")}
    assert {path.name for path in store.code("demo", "").iterdir()} == wanted


@pytest.mark.parametrize("change", CHANGES)
def test_a_full_disk_is_a_clear_error_and_the_function_stays_as_it_was(
    folder: Path, tmp_path: Path, change: str
) -> None:
    bundle = write_bundle(tmp_path, ECHO + "# third\n")
    before = Store(folder).read("demo")
    full = DyingDisk(1, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), done=False)
    with pytest.raises(PlatformError, match="cannot be written: No space left on device") as problem:
        CHANGES[change](Store(folder, kept=1, disk=full), bundle)
    assert problem.value.hint is not None and "free space" in problem.value.hint
    assert Store(folder).read("demo") == before
    CHANGES[change](Store(folder, kept=1), bundle)


def test_versions_that_nothing_names_go_with_their_bundles_after_newer_ones(tmp_path: Path) -> None:
    store = Store(tmp_path / "local", kept=2)
    for number in range(1, 8):
        create(store, write_bundle(tmp_path, f"{ECHO}# {number}\n"))
        if number in (1, 2):
            store.set_tag("demo", "prod", number)
        if number == 3:
            store.set_canary("demo", "prod", Canary(version=3, weight=10))

    # Where the tag points, where it pointed before, its canary, two newer ones, and the new one.
    assert [version.number for version in store.versions("demo")] == [1, 2, 3, 5, 6, 7]
    assert len(list(store.code("demo", "").iterdir())) == 6
    assert create(store, write_bundle(tmp_path, f"{ECHO}# 4\n")) == 8


def test_a_bundle_that_an_instance_runs_from_stays_until_it_has_ended(tmp_path: Path) -> None:
    store = Store(tmp_path / "local", kept=0)
    create(store, write_bundle(tmp_path, ECHO))
    (first,) = store.code("demo", "").iterdir()
    held = hold_code(first)
    create(store, write_bundle(tmp_path, TRIVIAL))
    assert first.is_dir()
    os.close(held)
    create(store, write_bundle(tmp_path, ECHO + "# third\n"))
    assert not first.exists()
