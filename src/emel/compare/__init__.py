"""Two snapshots → one comparison with the gate's verdict. Pure: no effect, no clock, no file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from emel.compare.best import best_so_far
from emel.compare.changes import (
    data_changes,
    environment_changes,
    function_changes,
    metric_changes,
    param_changes,
)
from emel.compare.directions import direction_of
from emel.compare.gate import FUNCTION, judge
from emel.compare.noise import FEWEST, bands, over_runs
from emel.records import Comparison, Direction, GateRule, Noise, NoiseSource, RunRecord, Snapshot, Verdict

__all__ = ["FEWEST", "bands", "best_so_far", "compare", "direction_of", "judge_function", "over_runs"]


def compare(
    base: Snapshot | None,
    candidate: Snapshot,
    *,
    rules: Sequence[GateRule],
    directions: Mapping[str, Direction],
    function: tuple[Mapping[str, float] | None, Mapping[str, float] | None] = (None, None),
    environment: tuple[RunRecord | None, RunRecord | None] = (None, None),
    noise: Sequence[tuple[NoiseSource, Noise]] = (),
) -> Comparison:
    """Hold a candidate beside its base, and against the rules.

    Without a base every metric is new, and no parameter or data file counts as changed. `directions` are
    what the user says; `function` has what was measured of both functions, by its name in `[gate]`, and
    `environment` what is known of both runs. For other metrics a well-known name tells (see
    emel.compare.directions). `noise` has what repeated runs of the two gave.
    """
    known = bands([measured for _, measured in noise])
    metrics = metric_changes(base.metrics if base else {}, candidate.metrics, directions, known)
    return Comparison(
        base=base.revision if base else None,
        candidate=candidate.revision,
        metrics=metrics,
        params=param_changes(base.params, candidate.params) if base else (),
        data=data_changes(base.data, candidate.data) if base else (),
        verdict=judge(rules, metrics, function_changes(*function)),
        environment=environment_changes(*environment),
        noise=tuple(source for source, _ in noise),
    )


def judge_function(rules: Sequence[GateRule], measured: Mapping[str, float]) -> Verdict:
    """The verdict on a function alone, which nothing is compared with: only its own measures are judged."""
    own = [rule for rule in rules if rule.metric.startswith(FUNCTION)]
    return judge(own, (), function_changes(None, measured))
