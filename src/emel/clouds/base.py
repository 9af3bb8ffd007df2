"""What emel asks of a cloud. Every cloud has the same files, and passes the same suite in tests/contracts.

Desired state lives in the cloud itself: versions, tags, and the digest of each version's bundle. There is
no state file to lose. Errors of all calls: DeployError for what the cloud refuses, PlatformError where
the local platform cannot carry a call out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from emel.records import Bundle, FunctionSettings, FunctionStatus, FunctionVersion, LogLevel, LogRecord

LOG_LEVELS: tuple[LogLevel, ...] = ("trace", "debug", "info", "warn", "error", "fatal")
"""From the least to the most serious."""


class Functions(Protocol):
    """Functions, their immutable versions, and the tags that point at them."""

    def names(self) -> Sequence[str]:
        """The names of all functions, sorted."""
        ...

    def versions(self, function: str) -> Sequence[FunctionVersion]:
        """All versions of a function, oldest first. Empty when the function is absent."""
        ...

    def find_version(self, function: str, digest: str, settings: FunctionSettings) -> FunctionVersion | None:
        """The version with exactly this bundle and these settings. None when there is none."""
        ...

    def create_version(self, function: str, bundle: Bundle, settings: FunctionSettings) -> FunctionVersion:
        """Upload a bundle as a new version without a tag; the function is made when it is absent.

        Repeated with the same bundle and settings it returns the version that exists. Blocks until the
        version can be called. Errors: also BundleError when the zip is not the one that was proved.
        """
        ...

    def tags(self, function: str) -> Mapping[str, int]:
        """Each tag and the number of its version. Empty when the function is absent."""
        ...

    def set_tag(self, function: str, tag: str, number: int) -> None:
        """Point a tag at a version; new requests go there from now on, and none fails over it.

        Repeated it does nothing, and leaves no trace in the history. Errors when the version is absent.
        """
        ...

    def remove_tag(self, function: str, tag: str) -> None:
        """Take a tag away, with its history; its version stays. Does nothing when it is absent.

        New requests to its address are answered with 404 from now on.
        """
        ...

    def tag_history(self, function: str, tag: str) -> Sequence[int]:
        """The versions that a tag pointed at, oldest first; the last is where it points now.

        Empty when the tag is absent.
        """
        ...

    def url(self, function: str, tag: str) -> str:
        """The address of a tag, without a slash at its end. The tag may be absent as yet."""
        ...

    def status(self, function: str) -> FunctionStatus:
        """How the function was used. All numbers are 0 when it is absent or was never called."""
        ...

    def delete(self, function: str) -> None:
        """Remove a function with all its versions and tags. Does nothing when it is absent."""
        ...


class Logs(Protocol):
    """What functions wrote, and what the cloud has to say of them."""

    def read(
        self,
        function: str,
        *,
        since: datetime | None = None,
        level: LogLevel = "trace",
        limit: int = 1000,
    ) -> Iterator[LogRecord]:
        """The newest `limit` records of this level and above, oldest first.

        `since` has a time zone. Empty when the function is absent. A record may take a moment to appear.
        """
        ...


class Limits(NamedTuple):
    """What a cloud lets a function have. Sizes are bytes, memory is MiB, times are seconds."""

    memory: range
    longest_timeout: float
    bundle_bytes: int
    unpacked_bytes: int
    request_bytes: int


class Cloud(NamedTuple):
    """A cloud and what it can do; a capability that it lacks is None."""

    name: str
    functions: Functions
    logs: Logs
    limits: Limits
    storage: None = None
    compute: None = None
