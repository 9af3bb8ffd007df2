"""What the local platform holds: functions, their immutable versions, and the tags that point at them.

The files are the source of truth; a running server only reads them, so a deploy, a promotion and a
rollback are writes that work with or without a server:

    functions/<name>/function.json      the newest version, the tags and where they pointed before
    functions/<name>/versions/<n>.json  one version; it exists from the moment `function.json` counts it
    functions/<name>/contents/<key>     the version that has this bundle and these settings
    bundles/<digest>/                   an unpacked bundle, shared by all versions that have it
    logs/, usage/                       written by the server
    lock, server.lock, server.json      who writes now; who serves now, and where

Every change is one rename, made under `lock`. What an interrupted change leaves behind is not counted
by `function.json` and is written over by the next one.
"""

from __future__ import annotations

import fcntl
import hashlib
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec

from emel.errors import PlatformError
from emel.localcloud.unpack import unpack
from emel.records import FunctionSettings, FunctionVersion
from emel.system.clock import Clock, SystemClock
from emel.system.files import sha256_of, write_atomic

HISTORY_LENGTH = 200
"""How many moves of each tag are remembered."""

# The rules of Yandex Cloud for both names, so that what works here works there.
_FUNCTION_NAME = re.compile(r"[a-z][-a-z0-9]{1,61}[a-z0-9]")
_TAG_NAME = re.compile(r"[a-z][-_0-9a-z]{0,62}")

T = TypeVar("T")


class Tags(msgspec.Struct, frozen=True):
    """The mutable part of a function: its newest version, its tags, and where each pointed, oldest first."""

    latest: int = 0
    tags: dict[str, int] = {}
    history: dict[str, list[int]] = {}


class Store:
    """The local platform's folder, `<project>/.emel/local`. Made on the first write."""

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        self.folder = folder.absolute()
        self._clock = clock or SystemClock()

    def functions(self) -> tuple[str, ...]:
        """The names of all functions, sorted."""
        return tuple(sorted(file.parent.name for file in self.folder.glob("functions/*/function.json")))

    def tags(self, function: str) -> Mapping[str, int]:
        """Each tag of a function and the version it points at; empty for an unknown function."""
        return self._read_tags(function).tags

    def tag_history(self, function: str, tag: str) -> tuple[int, ...]:
        """The versions that a tag pointed at, oldest first; the last is where it points now."""
        return tuple(self._read_tags(function).history.get(tag, ()))

    def versions(self, function: str) -> tuple[FunctionVersion, ...]:
        """All versions of a function, oldest first; empty for an unknown function."""
        known = self._read_tags(function)
        return tuple(self._read_version(function, number, known) for number in range(1, known.latest + 1))

    def version(self, function: str, number: int) -> FunctionVersion:
        """One version. Errors: PlatformError when there is none of this number."""
        known = self._read_tags(function)
        if not 1 <= number <= known.latest:
            raise PlatformError(
                f"function {function} has no version {number}", hint="list the versions with `emel status`"
            )
        return self._read_version(function, number, known)

    def find(self, function: str, digest: str, settings: FunctionSettings) -> FunctionVersion | None:
        """The version with exactly this bundle and these settings, if there is one."""
        known = self._read_tags(function)
        try:
            number = int(self._content_file(function, digest, settings).read_text())
        except FileNotFoundError:
            return None
        if not 1 <= number <= known.latest:
            return None
        version = self._read_version(function, number, known)
        return version if (version.digest, version.settings) == (digest, settings) else None

    def create_version(
        self,
        function: str,
        bundle: Path,
        *,
        model_version: str,
        commit: str | None,
        settings: FunctionSettings,
    ) -> FunctionVersion:
        """Copy a bundle in and number it. The same bundle with the same settings is the version that exists.

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
            code = self.code(digest)
            if not code.exists():
                unpack(bundle, code)
            known = self._read_tags(function)
            version = FunctionVersion(
                number=known.latest + 1,
                digest=digest,
                model_version=model_version,
                commit=commit,
                created=self._clock.now().isoformat(timespec="seconds"),
                settings=settings,
            )
            write_atomic(self._version_file(function, version.number), msgspec.json.encode(version))
            write_atomic(self._content_file(function, digest, settings), str(version.number))
            self._write_tags(function, Tags(version.number, known.tags, known.history))
            return version

    def set_tag(self, function: str, tag: str, number: int) -> None:
        """Point a tag at a version; does nothing when it points there already.

        Errors: PlatformError for a bad name of the tag, or a version that does not exist.
        """
        if not _TAG_NAME.fullmatch(tag):
            raise PlatformError(
                f"{tag!r} cannot be a tag",
                hint="use lower-case letters, digits, hyphens and underscores, with a letter first",
            )
        with self._changing():
            self.version(function, number)
            known = self._read_tags(function)
            if known.tags.get(tag) == number:
                return
            moves = [*known.history.get(tag, ()), number][-HISTORY_LENGTH:]
            changed = Tags(known.latest, {**known.tags, tag: number}, {**known.history, tag: moves})
            self._write_tags(function, changed)

    def remove_tag(self, function: str, tag: str) -> None:
        """Take a tag away, with its history; its version stays. Does nothing when the tag is absent."""
        if tag not in self.tags(function):
            return
        with self._changing():
            known = self._read_tags(function)
            tags = {name: number for name, number in known.tags.items() if name != tag}
            history = {name: moves for name, moves in known.history.items() if name != tag}
            self._write_tags(function, Tags(known.latest, tags, history))

    def delete(self, function: str) -> None:
        """Remove a function with all its versions and tags; does nothing when it is absent."""
        if function not in self.functions():
            return
        with self._changing():
            self.function_file(function).unlink(missing_ok=True)
            shutil.rmtree(self.function_file(function).parent, ignore_errors=True)

    def code(self, digest: str) -> Path:
        """The folder of an unpacked bundle."""
        return self.folder / "bundles" / digest.removeprefix("sha256:")

    def function_file(self, function: str) -> Path:
        """The file that changes, by a rename, whenever the function does."""
        return self.folder / "functions" / function / "function.json"

    def make_folder(self) -> None:
        """Make the store's folder, which Git is to ignore. Errors: PlatformError."""
        with self._writing():
            self.folder.mkdir(parents=True, exist_ok=True)
            ignore = self.folder / ".gitignore"
            if not ignore.exists():
                write_atomic(ignore, "*\n")

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Hold the lock of writers. The kernel gives it up with the process, however that ends."""
        self.make_folder()
        with self._writing(), (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as problem:
            raise PlatformError(
                f"the local platform cannot be written: {problem.strerror or problem}",
                where=str(self.folder),
                hint="check the folder's permissions and the free space on its disk",
            ) from problem

    def _read_tags(self, function: str) -> Tags:
        # Names come from URLs too, and a name becomes a path.
        if not _FUNCTION_NAME.fullmatch(function):
            return Tags()
        try:
            return _decode(self.function_file(function), Tags)
        except (FileNotFoundError, NotADirectoryError):
            return Tags()

    def _write_tags(self, function: str, tags: Tags) -> None:
        write_atomic(self.function_file(function), msgspec.json.encode(tags))

    def _read_version(self, function: str, number: int, known: Tags) -> FunctionVersion:
        version = _decode(self._version_file(function, number), FunctionVersion)
        pointing = tuple(sorted(tag for tag, target in known.tags.items() if target == number))
        return msgspec.structs.replace(version, tags=pointing)

    def _version_file(self, function: str, number: int) -> Path:
        return self.function_file(function).parent / "versions" / f"{number}.json"

    def _content_file(self, function: str, digest: str, settings: FunctionSettings) -> Path:
        key = hashlib.sha256(digest.encode() + msgspec.json.encode(settings)).hexdigest()[:32]
        return self.function_file(function).parent / "contents" / key


def _decode(path: Path, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except msgspec.DecodeError as problem:
        raise PlatformError(
            f"the file is damaged: {problem}",
            where=str(path),
            hint="remove its function's folder and deploy again",
        ) from problem
