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
from emel.clouds.yandex.compute import YandexCompute, open_compute
from emel.clouds.yandex.session import Connect, connect_to
from emel.records import YandexMachines, YandexSettings
from emel.system.clock import Clock


def emulated(
    emulator: Emulator,
    *,
    clock: Clock | None = None,
    env: dict[str, str] | None = None,
    connect: Connect | None = None,
    tell: Callable[[str], None] = lambda _: None,
    machines: YandexMachines | None = None,
    **settings: Any,
) -> Cloud:
    """The cloud as a fresh run of emel sees it. Without `env`, a token signs in."""
    outside = _outside(emulator, clock, env, tell, machines, settings)
    return open_yandex(Path(), outside, connect or connect_to(emulator.endpoint, emulator.root_certificates))


def emulated_compute(
    emulator: Emulator,
    *,
    clock: Clock | None = None,
    connect: Connect | None = None,
    tell: Callable[[str], None] = lambda _: None,
    machines: YandexMachines | None = None,
    **settings: Any,
) -> YandexCompute:
    """The machines of the cloud, as a fresh run of emel sees them."""
    outside = _outside(emulator, clock, None, tell, machines, settings)
    return open_compute(Path(), outside, connect or connect_to(emulator.endpoint, emulator.root_certificates))


def _outside(
    emulator: Emulator,
    clock: Clock | None,
    env: dict[str, str] | None,
    tell: Callable[[str], None],
    machines: YandexMachines | None,
    settings: dict[str, Any],
) -> Outside:
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
    return Outside(
        clock=clock or HastyClock(),
        env={"YC_IAM_TOKEN": emulator.token()} if env is None else env,
        yandex=yandex,
        yandex_machines=machines or YandexMachines(),
        tell=tell,
    )
