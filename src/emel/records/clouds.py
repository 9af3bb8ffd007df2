"""What a project says of the clouds that it uses."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from emel.records.endpoints import FunctionVersion, LogLevel


class ScalingPolicy(Struct, frozen=True, kw_only=True):
    """How the instances behind one tag of a function grow and shrink. 0 is no limit of its own."""

    zone_instances: int = 0
    """Instances in each availability zone, at most."""
    zone_requests: int = 0
    """Requests under way in each zone, at most, those that wait for an instance among them."""
    provisioned: int = 0
    """Instances that are kept warm, over all zones together."""


class LockboxSecret(Struct, frozen=True, kw_only=True):
    """An entry of a Lockbox secret that a function finds in an environment variable."""

    variable: str
    id: str
    version: str
    key: str


class GatewaySettings(Struct, frozen=True, kw_only=True):
    """An API gateway before the function. The names are those of `[yandex.gateway]` in emel.toml."""

    service_account: str | None = None
    authorizer: str | None = None
    payload_format: Literal["0.1", "1.0"] = "1.0"


class GatewayRoutes(Struct, frozen=True, kw_only=True):
    """What an API gateway is to answer with."""

    tag: str
    """The tag whose version gets the requests, or a share of them."""
    weight: int = 100
    """Percent of the requests. Below 100 the others go where they went before."""
    contract: dict[str, Any]
    """The endpoint's own OpenAPI document."""


class YandexSettings(Struct, frozen=True, kw_only=True):
    """The project's place in Yandex Cloud. The names are those of `[yandex]` in emel.toml."""

    folder: str | None = None
    service_account: str | None = None
    bucket: str | None = None
    public: bool = False
    """Whether anyone may call the function."""
    log_group: str | None = None
    min_log_level: LogLevel | None = None
    environment: dict[str, str] = {}
    secrets: tuple[LockboxSecret, ...] = ()
    gateway: GatewaySettings = GatewaySettings()
    endpoint: str = "api.cloud.yandex.net:443"
    storage_endpoint: str = "https://storage.yandexcloud.net"
    token_endpoint: str = "https://auth.yandex.cloud/oauth/token"


class Finding(Struct, frozen=True, kw_only=True):
    """One thing that `emel doctor` looked at."""

    what: str
    ok: bool | None
    """None where it cannot be seen, or need not be there."""
    detail: str
    remedy: str | None = None
    """What to do about it, mostly a command."""


class Scaled(Struct, frozen=True, kw_only=True):
    """A tag's scaling policy now, and before."""

    function: str
    tag: str
    before: ScalingPolicy | None
    after: ScalingPolicy


class StoredObjects(Struct, frozen=True, kw_only=True):
    """What lies in one bucket for a function."""

    bucket: str
    objects: int
    bytes: int


class Doomed(Struct, frozen=True, kw_only=True):
    """A function that is to be deleted, with all that goes with it."""

    cloud: str
    function: str
    versions: tuple[FunctionVersion, ...]
    gateway: str | None = None
    """The address of its API gateway, which goes too."""
    stored: tuple[StoredObjects, ...] = ()
    """What lies in buckets for it, and goes too."""


class Destroyed(Struct, frozen=True, kw_only=True):
    """What was deleted; no name when there was nothing."""

    cloud: str
    functions: tuple[str, ...]
