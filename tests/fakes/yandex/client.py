"""emel's provider, pointed at the emulator as a test wants it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.fakes.clocks import HastyClock
from tests.fakes.yandex.emulator import Emulator
from tests.fakes.yandex.state import FOLDER

from emel.clouds import Cloud, Outside
from emel.clouds.yandex import open_yandex
from emel.clouds.yandex.session import Connect, connect_to
from emel.records import YandexSettings
from emel.system.clock import Clock


def emulated(
    emulator: Emulator,
    *,
    clock: Clock | None = None,
    env: dict[str, str] | None = None,
    connect: Connect | None = None,
    tell: Callable[[str], None] = lambda _: None,
    **settings: Any,
) -> Cloud:
    """The cloud as a fresh run of emel sees it. Without `env`, a token signs in."""
    yandex = YandexSettings(
        **{
            "folder": FOLDER,
            "bucket": emulator.storage.BUCKET,
            "endpoint": emulator.endpoint,
            "storage_endpoint": emulator.storage.url,
            "token_endpoint": f"http://{emulator.sign_in.address}/oauth/token",
            **settings,
        }
    )
    outside = Outside(
        clock=clock or HastyClock(),
        env={"YC_IAM_TOKEN": emulator.token()} if env is None else env,
        yandex=yandex,
        tell=tell,
    )
    return open_yandex(Path(), outside, connect or connect_to(emulator.endpoint, emulator.root_certificates))
