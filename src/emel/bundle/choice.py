"""Which of the tiers that passed parity should ship: by what the user waits for, then by what is paid.

An instance costs its cold start once and a call's time each call, both in processor seconds, which is what a
function with a share of a processor waits for and pays. So of two tiers the one with the dearer start and
the cheaper call wins from some number of calls per instance on: the break-even.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from emel.records import ColdStart, Tier, Trial

TIERS: tuple[Tier, ...] = ("pure", "onnx", "python")
"""In the order in which `auto` tries them."""
DEAR_START = 8.0
"""Bare interpreters' starts: what loading onnxruntime and NumPy takes at the least; 12 were measured. A tier
that could not repay that need not be built."""


def may_pay(cold: ColdStart, *, max_latency: float, calls: int) -> bool:
    """Whether another tier than the pure one could be the better, told before one is built.

    `calls` are those that an instance answers before it is gone, `max_latency` is in seconds.
    """
    if cold.warm_call_seconds > max_latency:
        return True
    return calls * cold.row_seconds > DEAR_START * cold.bare_interpreter_seconds


def choose(trials: Sequence[Trial], *, max_latency: float, calls: int) -> tuple[Trial, str]:
    """The tier to ship of those that may, and why in one line.

    First come those that answer a row within `max_latency`; where none does, the fastest is taken. Among them
    the one with the least processor time over an instance's life wins, the earlier of equal ones.
    """
    able = [trial for trial in trials if trial.cold_start is not None]
    quick = [trial for trial in able if call_seconds(trial) <= max_latency]
    if not quick:
        best = min(able, key=call_seconds)
        took = _ms(call_seconds(best))
        return best, f"no tier answers a row within {_ms(max_latency)}; this is the fastest, with {took}"
    best = min(quick, key=lambda trial: start_seconds(trial) + calls * call_seconds(trial))
    others = [trial for trial in quick if trial is not best]
    if others:
        return best, _beside(best, others[0], calls)
    slow = [trial for trial in able if trial is not best]
    if slow:
        took = _ms(call_seconds(slow[0]))
        return best, f"{slow[0].tier} takes {took} a row, and model.max_latency is {_ms(max_latency)}"
    return best, ""


def break_even(first: Trial, second: Trial) -> float:
    """Calls per instance from which on the tier with the cheaper call is the cheaper in all; infinite where
    one is cheaper in both."""
    saved = call_seconds(first) - call_seconds(second)
    dearer = start_seconds(second) - start_seconds(first)
    if saved == 0 or (saved > 0) != (dearer > 0):
        return math.inf
    return dearer / saved


def call_seconds(trial: Trial) -> float:
    """Processor seconds of one warm call with one row."""
    assert trial.cold_start is not None
    return trial.cold_start.warm_call_seconds


def start_seconds(trial: Trial) -> float:
    """Processor seconds from a process's start to its first answer."""
    assert trial.cold_start is not None
    return trial.cold_start.cpu_seconds


def _beside(best: Trial, other: Trial, calls: int) -> str:
    even = break_even(best, other)
    if math.isinf(even):
        return f"it starts and answers in less time than {other.tier}"
    if start_seconds(best) < start_seconds(other):
        return f"{other.tier} would repay its start after {even:.0f} calls per instance; {calls} are expected"
    return f"its start is repaid after {even:.0f} calls per instance; {calls} are expected"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.3g} ms"
