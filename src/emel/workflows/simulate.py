"""What scaling settings do with some traffic, before anyone pays for it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import msgspec

from emel import cost
from emel.cost import Tariff
from emel.errors import ConfigError
from emel.localcloud.simulation import Function, simulate
from emel.localcloud.traffic import DAY, PATTERNS, Traffic, recorded
from emel.records import Bundle, FunctionSettings, Simulation, SimulationPoint
from emel.report.scaling import draw_simulation
from emel.system.files import write_atomic
from emel.workflows.package import packaged
from emel.workflows.project import Progress, Project

CLOUDS = ("local", "yandex", "aws")
LOCAL_BILLING_STEP = 0.1
CLOUD_IDLE_SECONDS = 300.0
"""Taken for granted: no document of Yandex Cloud or AWS says after how long an idle instance is ended."""
MOST_REQUESTS = 1_000_000
HOURS_A_MONTH = 720


class Demand(NamedTuple):
    """The traffic to simulate: a pattern's name or a CSV file, the mean requests a second, the length."""

    pattern: str
    rps: float
    seconds: float


class Timing(NamedTuple):
    """Seconds of a cold start and of a call on the cloud that is simulated; None is taken from the bundle."""

    start: float | None = None
    call: float | None = None


MEASURED = Timing()


def default_seconds(pattern: str) -> float:
    """How long a pattern is simulated: an hour, and a wave of a day as a whole."""
    return DAY if pattern == "daily" else 3600.0


def simulated(
    project: Project,
    demand: Demand,
    *,
    cloud: str = "local",
    timing: Timing = MEASURED,
    idle_seconds: float | None = None,
    progress: Progress,
) -> Simulation:
    """The project's function, with its settings, under some traffic on a cloud.

    Times that are not given are those measured with the working tree's bundle, projected on the share of a
    processor that the memory class gets; the bundle is made if it is not there. Errors: ConfigError for
    traffic that cannot be read or is too much.
    """
    settings = project.config.settings()
    tariff = None if cloud == "local" else cost.load_tariff(cloud)
    traffic = _traffic(demand)
    assumptions: list[str] = []
    if idle_seconds is None and tariff:
        idle_seconds = CLOUD_IDLE_SECONDS
        assumptions.append(
            f"{tariff.cloud} ends an idle instance after {idle_seconds:g} s: no document says so, "
            "--idle-seconds changes it"
        )
    if idle_seconds is not None:
        settings = msgspec.structs.replace(settings, idle_seconds=idle_seconds)
    if timing.start is None or timing.call is None:
        timing = _measured(packaged(project, progress=progress), settings, tariff, timing, assumptions)
    function = Function(
        settings=settings,
        start_seconds=timing.start or 0.0,
        call_seconds=timing.call or 0.0,
        billing_step=tariff.function.round_up_seconds if tariff else LOCAL_BILLING_STEP,
        queue=cloud != "aws",
    )
    progress.step("simulating")
    result = simulate(function, traffic.arrivals, traffic.seconds, cloud=cloud, pattern=demand.pattern)
    return msgspec.structs.replace(_priced(result, tariff), assumptions=tuple(assumptions))


def write_simulation(result: Simulation, path: Path) -> None:
    """Draw a simulation as a PNG. Errors: MissingExtraError without what draws plots; OSError."""
    write_atomic(path, draw_simulation(result))


def _traffic(demand: Demand) -> Traffic:
    if demand.pattern not in PATTERNS:
        if not Path(demand.pattern).is_file():
            raise ConfigError(
                f"{demand.pattern!r} is neither a pattern nor a file",
                hint=f"patterns: {', '.join(PATTERNS)}; or name a CSV file with a column `time`",
            )
        return recorded(Path(demand.pattern))
    expected = demand.rps * demand.seconds
    if expected > MOST_REQUESTS:
        raise ConfigError(
            f"{demand.rps:g} requests a second for {demand.seconds:g} s are {expected:,.0f} requests",
            hint=f"simulate at most {MOST_REQUESTS:,}: lower --rps, or shorten --for",
        )
    return PATTERNS[demand.pattern](demand.rps, demand.seconds)


def _measured(
    bundle: Bundle,
    settings: FunctionSettings,
    tariff: Tariff | None,
    given: Timing,
    assumptions: list[str],
) -> Timing:
    """What is given, and for the rest the bundle's measured times."""
    cold = bundle.cold_start
    if tariff is None:
        start, call = cold.seconds, cold.warm_call_seconds
        told = "start and call take what they took when the bundle was measured on this machine"
    else:
        share = cost.speed(tariff, settings.memory)
        start, call = cold.cpu_seconds / share, cold.warm_call_seconds / share
        told = (
            f"start and call take the measured processor time on {share:.3g} of a processor, which is what "
            f"{settings.memory} MB get; the sandbox's own start and the network are left out"
        )
    assumptions.append(told)
    return Timing(start if given.start is None else given.start, call if given.call is None else given.call)


def _priced(result: Simulation, tariff: Tariff | None) -> Simulation:
    if tariff is None:
        return result
    waiting = (
        result.settings.provisioned
        * result.settings.memory
        / 1024
        * (tariff.function.provisioned_gb_hour or 0.0)
    )
    answered, points = 0, []
    for point in result.points:
        answered += point.requests - point.refused
        points.append(_point_priced(point, tariff, answered, waiting))
    calls = result.answered + result.timeouts
    gb_hours = result.billed_gb_seconds / 3600
    hours = result.seconds / 3600
    months = HOURS_A_MONTH / hours
    return msgspec.structs.replace(
        result,
        points=tuple(points),
        currency=tariff.currency,
        prices_of=tariff.prices_of,
        cost=cost.bill(tariff, calls, gb_hours) + waiting * hours,
        cost_per_month=cost.monthly_bill(tariff, round(calls * months), gb_hours * months)
        + waiting * HOURS_A_MONTH,
    )


def _point_priced(point: SimulationPoint, tariff: Tariff, calls: int, waiting: float) -> SimulationPoint:
    paid = cost.bill(tariff, max(0, calls), point.billed_gb_seconds / 3600) + waiting * point.seconds / 3600
    return msgspec.structs.replace(point, cost=paid)
