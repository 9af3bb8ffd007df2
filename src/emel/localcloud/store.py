"""What the local platform holds: functions, their immutable versions, and the tags that point at them.

The files are the source of truth; a running server only reads them, so a deploy, a promotion and a
rollback are writes that work with or without a server:

    functions/<name>/function.json      the versions, the tags and where they pointed before, the canaries
    functions/<name>/bundles/<digest>/  an unpacked bundle, shared by all versions that have it
    logs/, usage/                       written by the server
    lock, server.lock, server.json      who writes now; who serves now, and where

Every change is one rename, made under `lock`: before it the function is as it was, after it as it shall be.
What an interrupted change leaves behind is a bundle that no version names, and the next deploy removes it.

Versions that no tag names go after `kept` newer ones have come, and bundles with the last version that has
them, unless an instance runs from them: whoever runs one holds a shared lock on its folder.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec

from emel.errors import PlatformError
from emel.localcloud.disk import Disk, SystemDisk
from emel.records import Canary, FunctionSettings, FunctionVersion
from emel.system.clock import Clock, SystemClock
from emel.system.files import sha256_of

HISTORY_LENGTH = 200
"""How many moves of each tag are remembered."""
KEPT_VERSIONS = 20
"""How many versions are kept, the newest, that no tag names."""

# The rules of Yandex Cloud for both names, so that what works here works there.
_FUNCTION_NAME = re.compile(r"[a-z][-a-z0-9]{1,61}[a-z0-9]")
_TAG_NAME = re.compile(r"[a-z][-_0-9a-z]{0,62}")

NO_MOUNTS: Mapping[str, Path] = {}

T = TypeVar("T")


class FunctionFile(msgspec.Struct, frozen=True):
    """All that is known of a function, as it stands in its file."""

    latest: int = 0
    """The number of the newest version that there ever was."""
    versions: tuple[FunctionVersion, ...] = ()
    """Oldest first, without their tags."""
    tags: dict[str, int] = {}
    history: dict[str, list[int]] = {}
    """The versions that each tag pointed at, oldest first; the last is where it points now."""
    canaries: dict[str, Canary] = {}
    """Of each tag that has one."""

    def find(self, number: int) -> FunctionVersion | None:
        """The version of this number, with the tags that point at it."""
        for version in reversed(self.versions):
            if version.number == number:
                return msgspec.structs.replace(version, tags=self._pointing(number))
        return None

    def all(self) -> tuple[FunctionVersion, ...]:
        """All versions with their tags, oldest first."""
        tagged = set(self.tags.values())
        return tuple(
            msgspec.structs.replace(version, tags=self._pointing(version.number))
            if version.number in tagged
            else version
            for version in self.versions
        )

    def in_use(self) -> set[int]:
        """The versions that get requests, or that a rollback would bring back."""
        used = {canary.version for canary in self.canaries.values()} | set(self.tags.values())
        for moves in self.history.values():
            used.update(moves[-2:])
        return used

    def _pointing(self, number: int) -> tuple[str, ...]:
        return tuple(sorted(tag for tag, target in self.tags.items() if target == number))


class Store:
    """The local platform's folder, `<project>/.emel/local`. Made on the first write."""

    def __init__(
        self,
        folder: Path,
        clock: Clock | None = None,
        *,
        kept: int = KEPT_VERSIONS,
        disk: Disk | None = None,
    ) -> None:
        self.folder = folder.absolute()
        self._clock = clock or SystemClock()
        self._kept = kept
        self._disk = disk or SystemDisk()

    def functions(self) -> tuple[str, ...]:
        """The names of all functions, sorted."""
        return tuple(sorted(file.parent.name for file in self.folder.glob("functions/*/function.json")))

    def read(self, function: str) -> FunctionFile:
        """All that is known of a function; nothing for an unknown one. Errors: PlatformError."""
        # Names come from URLs too, and a name becomes a path.
        if not _FUNCTION_NAME.fullmatch(function):
            return FunctionFile()
        try:
            return _decode(self.function_file(function), FunctionFile)
        except (FileNotFoundError, NotADirectoryError):
            return FunctionFile()

    def tags(self, function: str) -> Mapping[str, int]:
        """Each tag of a function and the version it points at; empty for an unknown function."""
        return self.read(function).tags

    def tag_history(self, function: str, tag: str) -> tuple[int, ...]:
        """The versions that a tag pointed at, oldest first; the last is where it points now."""
        return tuple(self.read(function).history.get(tag, ()))

    def canary(self, function: str, tag: str) -> Canary | None:
        """The version that gets a share of the tag's requests, if there is one."""
        return self.read(function).canaries.get(tag)

    def versions(self, function: str) -> tuple[FunctionVersion, ...]:
        """All versions that are kept, oldest first; empty for an unknown function."""
        return self.read(function).all()

    def version(self, function: str, number: int) -> FunctionVersion:
        """One version. Errors: PlatformError when there is none of this number."""
        return _version_of(self.read(function), function, number)

    def find(self, function: str, digest: str, settings: FunctionSettings) -> FunctionVersion | None:
        """The version with exactly this bundle and these settings, if there is one."""
        known = self.read(function)
        for version in reversed(known.versions):
            if (version.digest, version.settings) == (digest, settings):
                return known.find(version.number)
        return None

    def create_version(
        self,
        function: str,
        bundle: Path,
        *,
        model_version: str,
        commit: str | None,
        settings: FunctionSettings,
        mounts: Mapping[str, Path] = NO_MOUNTS,
    ) -> FunctionVersion:
        """Copy a bundle in and number it. The same bundle with the same settings is the version that exists.

        `mounts` are the files that its instances find in their storage folder, by their paths there.

        Errors: PlatformError for a bad name, a bundle that is no bundle, or a folder that cannot be written.
        """
        if not _FUNCTION_NAME.fullmatch(function):
            raise PlatformError(
                f"{function!r} cannot be the name of a function",
                hint="use 3 to 63 lower-case letters, digits and hyphens, with a letter first",
            )
        with self._changing():
            digest = sha256_of(bundle)
            existing = self.find(function, digest, settings)
            if existing is not None:
                return existing
            known = self.read(function)
            self._collect(function, known)
            code = self.code(function, digest)
            if not code.exists():
                self._disk.unpack(bundle, code, mounts)
            version = FunctionVersion(
                number=known.latest + 1,
                digest=digest,
                model_version=model_version,
                commit=commit,
                created=self._clock.now().isoformat(timespec="seconds"),
                settings=settings,
            )
            used = known.in_use()
            recent = {old.number for old in known.versions[-self._kept :]} if self._kept else set()
            left = [old for old in known.versions if old.number in used or old.number in recent]
            changed = msgspec.structs.replace(known, latest=version.number, versions=(*left, version))
            self._write(function, changed)
            self._collect(function, changed)
            return version

    def set_tag(self, function: str, tag: str, number: int) -> None:
        """Point a tag at a version, and end its canary; does nothing when it points there alone already.

        Errors: PlatformError for a bad name of the tag, or a version that does not exist.
        """
        if not _TAG_NAME.fullmatch(tag):
            raise PlatformError(
                f"{tag!r} cannot be a tag",
                hint="use lower-case letters, digits, hyphens and underscores, with a letter first",
            )
        with self._changing():
            known = self.read(function)
            _version_of(known, function, number)
            canaries = {name: canary for name, canary in known.canaries.items() if name != tag}
            if known.tags.get(tag) == number:
                if canaries != known.canaries:
                    self._write(function, msgspec.structs.replace(known, canaries=canaries))
                return
            moves = [*known.history.get(tag, ()), number][-HISTORY_LENGTH:]
            changed = msgspec.structs.replace(
                known,
                tags={**known.tags, tag: number},
                history={**known.history, tag: moves},
                canaries=canaries,
            )
            self._write(function, changed)

    def set_canary(self, function: str, tag: str, canary: Canary | None) -> None:
        """Send a share of a tag's requests to another version; None ends that.

        Errors: PlatformError when there is no such tag or version.
        """
        with self._changing():
            known = self.read(function)
            if tag not in known.tags:
                raise PlatformError(f"function {function} has no tag {tag!r}", hint="deploy to the tag first")
            canaries = {name: other for name, other in known.canaries.items() if name != tag}
            if canary is not None:
                _version_of(known, function, canary.version)
                canaries[tag] = canary
            if canaries != known.canaries:
                self._write(function, msgspec.structs.replace(known, canaries=canaries))

    def remove_tag(self, function: str, tag: str) -> None:
        """Take a tag away, with its history and canary; its version stays. Does nothing when it is absent."""
        if tag not in self.read(function).tags:
            return
        with self._changing():
            known = self.read(function)
            changed = msgspec.structs.replace(
                known,
                tags={name: number for name, number in known.tags.items() if name != tag},
                history={name: moves for name, moves in known.history.items() if name != tag},
                canaries={name: canary for name, canary in known.canaries.items() if name != tag},
            )
            self._write(function, changed)

    def delete(self, function: str) -> None:
        """Remove a function with all its versions and tags; does nothing when it is absent."""
        if function not in self.functions():
            return
        with self._changing():
            self._disk.remove(self.function_file(function))
            self._disk.remove(self.function_file(function).parent)
            # What an earlier removal was killed in.
            for leftover in self.folder.glob("functions/.*.part"):
                self._disk.remove(leftover)

    def code(self, function: str, digest: str) -> Path:
        """The folder of an unpacked bundle."""
        return self.function_file(function).parent / "bundles" / digest.removeprefix("sha256:")

    def function_file(self, function: str) -> Path:
        """The file that changes, by a rename, whenever the function does."""
        return self.folder / "functions" / function / "function.json"

    def make_folder(self) -> None:
        """Make the store's folder, which Git is to ignore. Errors: PlatformError."""
        with self.writing():
            self.folder.mkdir(parents=True, exist_ok=True)
            ignore = self.folder / ".gitignore"
            if not ignore.exists():
                self._disk.write(ignore, b"*\n")

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Turn what the system refuses in the block into an error for people. Errors: PlatformError."""
        try:
            yield
        except OSError as problem:
            raise PlatformError(
                f"the local platform cannot be written: {problem.strerror or problem}",
                where=str(self.folder),
                hint="check the folder's permissions and the free space on its disk",
            ) from problem

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Hold the lock of writers. The kernel gives it up with the process, however that ends."""
        self.make_folder()
        with self.writing(), (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _write(self, function: str, content: FunctionFile) -> None:
        self._disk.write(self.function_file(function), msgspec.json.encode(content))

    def _collect(self, function: str, known: FunctionFile) -> None:
        """Remove bundles that no version has and no instance runs from."""
        folder = self.code(function, "")
        wanted = {version.digest.removeprefix("sha256:") for version in known.versions}
        for bundle in sorted(folder.iterdir()) if folder.exists() else ():
            if bundle.name not in wanted and not _is_held(bundle):
                self._disk.remove(bundle)


def hold_code(folder: Path) -> int:
    """Keep a bundle's folder from being removed, until the descriptor that this returns is closed.

    Errors: OSError when there is no such folder.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


def _is_held(folder: Path) -> bool:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _version_of(known: FunctionFile, function: str, number: int) -> FunctionVersion:
    version = known.find(number)
    if version is None:
        raise PlatformError(
            f"function {function} has no version {number}", hint="list the versions with `emel status`"
        )
    return version


def _decode(path: Path, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except msgspec.DecodeError as problem:
        raise PlatformError(
            f"the file is damaged: {problem}",
            where=str(path),
            hint="remove its function's folder and deploy again",
        ) from problem
