"""The tables of emel.toml that say where the project is in Yandex Cloud."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from emel.config.machines import YandexMachineTable
from emel.records import LogLevel

Variable = Annotated[str, Meta(pattern=r"^[a-zA-Z][a-zA-Z0-9_]*$")]
LockboxPath = Annotated[str, Meta(pattern=r"^[^/]+/[^/]+/[^/]+$")]


class GatewayTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The API gateway that `emel deploy --to yandex --gateway` puts before the function."""

    service_account: str | None = None
    """The service account that calls the function for it, with the role `functions.functionInvoker`. Without
    it, the function's own."""
    authorizer: str | None = None
    """The identifier of a function that decides, by the header `X-Api-Key`, who may ask for predictions."""
    payload_format: Literal["0.1", "1.0"] = "1.0"
    """The format of the events that the function gets; it answers both."""


class YandexTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The project's place in Yandex Cloud. Sign-in is by the environment alone."""

    folder: str | None = None
    """The folder's identifier. Without it, YC_FOLDER_ID."""
    service_account: str | None = None
    """The identifier of the service account that the function acts as; it needs one to read Lockbox."""
    bucket: str | None = None
    """A bucket of Object Storage, through which a bundle above 3.5 MB goes."""
    public: bool = False
    """Whether anyone may call the function. `false` changes nothing for a function that is public."""
    log_group: str | None = None
    """The identifier of a log group. Without it, the folder's own."""
    min_log_level: LogLevel | None = None
    """The least level of a record that is kept."""
    environment: dict[Variable, Annotated[str, Meta(max_length=4096)]] = {}
    """Environment variables of the function, 4 KB in all with their names. No secrets."""
    secrets: dict[Variable, LockboxPath] = {}
    """Environment variable to an entry of a Lockbox secret, as `"SECRET_ID/VERSION_ID/KEY"`."""
    gateway: GatewayTable = GatewayTable()
    """See [yandex.gateway]."""
    machine: YandexMachineTable = YandexMachineTable()
    """See [yandex.machine]."""
    endpoint: str = "api.cloud.yandex.net:443"
    """The API's address, host and port."""
    storage_endpoint: str = "https://storage.yandexcloud.net"
    """The address of Object Storage."""
    token_endpoint: str = "https://auth.yandex.cloud/oauth/token"
    """Where a job's token is exchanged for one of the cloud."""
