"""What a revision's function would cost."""

from __future__ import annotations

from pathlib import Path

from emel import cost
from emel.apitest import read_answers
from emel.config import Config
from emel.config.yandex import GatewayTable
from emel.errors import ConfigError
from emel.records import Bundle, Estimate, Usage, to_json
from emel.report import costs
from emel.system.files import write_atomic
from emel.workflows.package import packaged
from emel.workflows.project import Progress, Project

LINE_BYTES = 200
"""A request's line in the log (emel_runtime.log) without inputs and outputs, rounded up."""


def estimate_cost(
    project: Project,
    *,
    revision: str | None = None,
    calls_per_month: int | None = None,
    price_file: Path | None = None,
    gateway: bool = False,
    progress: Progress,
) -> Estimate:
    """What the revision's function would cost on Yandex Cloud, from the times measured on this machine."""
    bundle = packaged(project, revision=revision, progress=progress)
    return price(project, bundle, calls_per_month=calls_per_month, price_file=price_file, gateway=gateway)


def price(
    project: Project,
    bundle: Bundle,
    *,
    calls_per_month: int | None = None,
    price_file: Path | None = None,
    gateway: bool = False,
) -> Estimate:
    """The same for a bundle. A project that says something of an API gateway has one, and `gateway` says so
    of any."""
    config = project.config
    usage = Usage(
        memory=config.function.memory,
        cpu_seconds=bundle.cold_start.warm_call_seconds,
        cold_start_cpu_seconds=bundle.cold_start.cpu_seconds,
        peak_rss_bytes=bundle.cold_start.peak_rss_bytes,
        timeout=config.function.timeout,
        provisioned=config.function.provisioned,
        gateway=gateway or config.yandex.gateway != GatewayTable(),
        log_bytes_per_call=LINE_BYTES + _recorded_bytes(config, bundle),
        stored_bytes=bundle.mounted.size if bundle.mounted else 0,
    )
    calls = config.cost.calls_per_month if calls_per_month is None else calls_per_month
    return cost.estimate(usage, cost.load_tariff("yandex", price_file), calls_per_month=calls)


def write_cost(project: Project, result: Estimate, path: Path) -> None:
    """Draw an estimate: as a page with the suffix .html, as its plot alone with .png.

    Errors: ConfigError for another suffix; MissingExtraError without what draws plots; OSError.
    """
    suffix = path.suffix.lower()
    if suffix not in (".png", ".html"):
        raise ConfigError(f"{path} is neither a .png nor a .html file", hint="name one: --plot cost.png")
    if suffix == ".png":
        write_atomic(path, costs.cost_png(result))
        return
    write_atomic(path, costs.cost_page(project.config.model.name, result))


def _recorded_bytes(config: Config, bundle: Bundle) -> float:
    """What inputs and outputs add to the line of a request with one row, in the mean of the sample."""
    log = config.logging
    if not log.predictions:
        return 0.0
    answers = read_answers(bundle.answers)
    rows = [
        len(to_json(dict(zip(answers.columns, row, strict=True)))) + len(to_json(prediction))
        for row, prediction in zip(answers.rows, answers.predictions, strict=True)
    ]
    return log.sample * sum(rows) / len(rows) if rows else 0.0
