"""Bundles."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from emel.cli import words
from emel.cli.render.tables import facts
from emel.records import Bundle, ColdStart, OriginalCost, Trial


def bundle(made: Bundle) -> RenderableType:
    """A function's zip with its proof and its measures."""
    return Group(
        Text(f"{made.name} {made.version}: {made.description}"),
        facts(
            ("bundle", str(made.path)),
            ("tier", f"{made.tier}: {made.reason}"),
            ("size", f"{words.size(made.zip_bytes)}, {made.digest[:19]}…{_too_large(made)}"),
            *_beside(made),
            ("parity", _parity(made)),
            *_cold_start(made.cold_start, made.original),
            *_projected(made),
            *_python(made),
            ("byte-code", _bytecode(made)),
            *_page(made),
        ),
    )


def explained(made: Bundle) -> RenderableType:
    """The same, with each tier that was tried and the numbers that decided."""
    tried = [
        (
            trial.tier,
            f"refused: {trial.refused}" if trial.cold_start is None else _numbers(trial, trial.cold_start),
        )
        for trial in made.trials
    ]
    return Group(bundle(made), Text("\ntiers tried"), facts(*tried))


def _numbers(trial: Trial, cold: ColdStart) -> str:
    """A tier's numbers in processor time, which is what a share of a processor waits for."""
    differs = f", parity within {trial.parity.max_abs_diff:.2g}" if trial.parity else ""
    size = f", {words.size(trial.zip_bytes)}" if trial.zip_bytes else ""
    return (
        f"start {words.seconds(cold.cpu_seconds)}, one call {words.seconds(cold.warm_call_seconds)} of "
        f"processor time{size}{differs}"
    )


def _parity(made: Bundle) -> str:
    parity = made.parity
    labels = "all labels equal, " if parity.labels_equal else "labels DIFFER, "
    rows = f"{parity.rows} sample rows and {parity.boundary_rows} boundary rows"
    return f"{labels if made.signature.labels else ''}worst difference {parity.max_abs_diff:.2g} on {rows}"


def _cold_start(cold: ColdStart, original: OriginalCost | None) -> tuple[tuple[str, str], ...]:
    bare = cold.seconds / cold.bare_interpreter_seconds
    start = (
        "cold start",
        f"{words.seconds(cold.seconds)} from nothing to the first answer, {bare:.2f}× a bare interpreter "
        f"({words.seconds(cold.bare_interpreter_seconds)}), {words.size(cold.peak_rss_bytes)} of memory",
    )
    warm = ("warm call", f"{words.seconds(cold.warm_call_seconds)} of processor time, JSON in and out")
    if original is None:
        return (start, warm)
    factor = original.cpu_seconds / cold.cpu_seconds
    told = (
        f"{words.seconds(original.cpu_seconds)} of processor time to its first answer, {factor:.0f}× the "
        f"function's; {words.size(original.peak_rss_bytes)} of memory"
    )
    return (start, ("original library", told), warm)


def _projected(made: Bundle) -> tuple[tuple[str, str], ...]:
    if not made.projected_cold_start:
        return ()
    told = (f"{words.seconds(took)} at {memory} MB" for memory, took in made.projected_cold_start.items())
    return (("in the cloud", f"cold start projected: {', '.join(told)}"),)


def _page(made: Bundle) -> list[tuple[str, str]]:
    count = made.serving.examples
    if not count or made.serving.log_redact:
        return []
    return [("page", f"shows up to {count} rows of the sample; `examples = 0` under [page] lets none out")]


def _too_large(made: Bundle) -> str:
    if not made.too_large_for:
        return ""
    clouds = ", ".join(made.too_large_for)
    return f"; not for {clouds}, where nothing is mounted" if made.mounted else f"; too large for {clouds}"


def _beside(made: Bundle) -> list[tuple[str, str]]:
    if made.mounted is None:
        return []
    size = words.size(made.mounted.size)
    return [("model", f"{size}, beside the zip for which it is too large; the function mounts it")]


def _python(made: Bundle) -> tuple[tuple[str, str], ...]:
    """What the function runs under, where that is one version alone or another than it was tried under."""
    tried = made.parity.python
    if made.tier == "pure" and tried == made.python:
        return ()
    if tried == made.python:
        return (("runs under", f"Python {made.python}"),)
    how = f"tried and measured under {tried}, as no {made.python} is at hand"
    return (("runs under", f"Python {made.python}; {how}"),)


def _bytecode(made: Bundle) -> str:
    price = made.cold_start.without_bytecode_cpu_seconds
    more = words.seconds(max(0.0, price - made.cold_start.cpu_seconds)) if price else None
    if not made.bytecode:
        slower = f": it compiles at each start, {more} of processor time more, as measured" if more else ""
        return f"none, as no Python {made.python} is at hand{slower}"
    versions = f"for Python {', '.join(made.bytecode)}"
    if more is None:
        return versions
    return f"{versions}; others compile at each start, {more} of processor time more, as measured"
