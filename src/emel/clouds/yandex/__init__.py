"""Yandex Cloud, through its SDK. Nothing is sent before something is asked of it.

Needs the extra `yandex`. The SDK takes half a second to import, so this package is imported when the cloud
is opened and not before.
"""

from __future__ import annotations

import os
from pathlib import Path

# The core of gRPC writes notes of its own to stderr, where a user reads ours. It looks when it is imported.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")

from emel.clouds.base import Cloud, Outside
from emel.clouds.yandex.access import YandexAccess
from emel.clouds.yandex.bucket import Bucket, Target
from emel.clouds.yandex.canaries import YandexCanaries
from emel.clouds.yandex.compute_places import Places
from emel.clouds.yandex.doctor import YandexDoctor
from emel.clouds.yandex.functions import YandexFunctions
from emel.clouds.yandex.gateways import YandexGateways
from emel.clouds.yandex.holdings import Holdings
from emel.clouds.yandex.inventory import Inventory
from emel.clouds.yandex.limits import LIMITS
from emel.clouds.yandex.logs import YandexLogs
from emel.clouds.yandex.place import session_of, settings_of
from emel.clouds.yandex.scaling import YandexScaling
from emel.clouds.yandex.session import Connect
from emel.clouds.yandex.storage import Models, Uploads


def open_yandex(_: Path, outside: Outside, connect: Connect | None = None) -> Cloud:
    """The folder of Yandex Cloud that [yandex] or YC_FOLDER_ID names. `connect` makes the SDK."""
    settings, session = settings_of(outside), session_of(outside, connect)
    target = Target(settings.bucket, settings.storage_endpoint)
    bucket = Bucket(target, session.token, outside.clock, outside.tell)
    inventory = Inventory(session, settings.folder)
    uploads, models = Uploads(bucket, inventory), Models(bucket, inventory, settings.service_account)
    holdings = Holdings(session, inventory, bucket, outside.tell)
    logs = YandexLogs(session, inventory, settings, outside.clock)
    gateways = YandexGateways(session, inventory, settings.gateway)
    functions = YandexFunctions(
        session, inventory, settings, uploads, models, holdings, gateways, logs, outside.clock, outside.tell
    )
    scaling = YandexScaling(session, inventory)
    doctor = YandexDoctor(
        session,
        inventory,
        settings,
        uploads,
        models,
        logs,
        Places(session, settings.folder, outside.yandex_machines),
        http=outside.http,
        clock=outside.clock,
        env=outside.env,
    )
    return Cloud(
        "yandex",
        functions,
        logs,
        LIMITS,
        scaling=scaling,
        access=YandexAccess(session, inventory),
        doctor=doctor,
        gateways=gateways,
        canaries=YandexCanaries(functions, gateways, scaling),
        check=functions.check,
    )


__all__ = ["open_yandex"]
