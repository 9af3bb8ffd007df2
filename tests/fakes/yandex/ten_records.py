"""The log that tests/contracts asks of every cloud, in the emulated Cloud Logging."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.fakes.bundles import ECHO, TRIVIAL, bundle_record, write_bundle
from tests.fakes.yandex.client import emulated
from tests.fakes.yandex.emulator import Emulator
from tests.fakes.yandex.logs import add_entry

from emel.clouds import Logs
from emel.records import FunctionSettings

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class AfterNoon:
    """Ten seconds past noon, and then as late as all that was slept."""

    def __init__(self) -> None:
        self.time = NOON + timedelta(seconds=10)

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return (self.time - NOON).total_seconds()

    def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


def write_ten_records(emulator: Emulator, folder: Path) -> Logs:
    """Ten records of the function `demo`, a second apart from noon, between the cloud's own lines.

    Every third is an error, the last two are of version 2, each has a request and a field `rows`.
    """
    cloud = emulated(emulator, clock=AfterNoon())
    for code in (ECHO, TRIVIAL):
        cloud.functions.create_version("demo", bundle_record(write_bundle(folder, code)), FunctionSettings())
    [(identifier, stored)] = emulator.state.functions.items()
    versions = list(stored.versions)
    for number in range(10):
        moment = NOON + timedelta(seconds=number)
        request = f"r-{number}"
        for message, level, fields in (
            (f"START RequestID: {request} Version: {versions[number // 8]}", "LEVEL_UNSPECIFIED", {}),
            (
                f"record {number}",
                "INFO" if number % 3 else "ERROR",
                {"request_id": request, "rows": number},
            ),
            (f"END RequestID: {request}", "LEVEL_UNSPECIFIED", {}),
        ):
            add_entry(emulator.state, identifier, message, level=level, fields=fields, moment=moment)
    return cloud.logs
