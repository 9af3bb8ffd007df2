"""A project's place in Yandex Cloud: its settings, its folder, and who is signed in there."""

from __future__ import annotations

import msgspec

from emel.clouds.base import Outside
from emel.clouds.yandex.session import Connect, Session, connect_to
from emel.clouds.yandex.sign_in import SignIn
from emel.errors import DeployError
from emel.records import YandexSettings


def settings_of(outside: Outside) -> YandexSettings:
    """What [yandex] says, with the folder that YC_FOLDER_ID names where it names none."""
    if outside.yandex.folder is None and outside.env.get("YC_FOLDER_ID"):
        return msgspec.structs.replace(outside.yandex, folder=outside.env["YC_FOLDER_ID"])
    return outside.yandex


def session_of(outside: Outside, connect: Connect | None) -> Session:
    """Whoever the environment says. `connect` makes the SDK; None for the endpoint of the settings."""
    settings = outside.yandex
    sign_in = SignIn(
        env=outside.env,
        http=outside.http,
        process=outside.process,
        clock=outside.clock,
        api_host=settings.endpoint.partition(":")[0],
        token_endpoint=settings.token_endpoint,
    )
    return Session(connect or connect_to(settings.endpoint), sign_in, outside.clock, outside.tell)


def named_folder(folder: str | None) -> str:
    """The folder's identifier. Errors: DeployError when nobody has named it."""
    if not folder:
        raise DeployError(
            "the folder of Yandex Cloud is not named",
            hint="set [yandex] folder in emel.toml, or YC_FOLDER_ID; `yc config get folder-id` prints it",
        )
    return folder
