"""Two snapshots → one comparison with the gate's verdict. Pure: no effect, no clock, no file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from emel.compare.best import best_so_far
from emel.compare.changes import data_changes, environment_changes, metric_changes, param_changes
from emel.compare.directions import direction_of
from emel.compare.gate import judge
from emel.records import Comparison, Direction, GateRule, RunRecord, Snapshot

__all__ = ["best_so_far", "compare", "direction_of"]


def compare(
    base: Snapshot | None,
    candidate: Snapshot,
    *,
    rules: Sequence[GateRule],
    directions: Mapping[str, Direction],
    environment: tuple[RunRecord | None, RunRecord | None] = (None, None),
) -> Comparison:
    """Hold a candidate beside its base, and against the rules.

    Without a base every metric is new, and no parameter or data file counts as changed. `directions` are
    what the user says; for other metrics a well-known name tells (see emel.compare.directions).
    """
    metrics = metric_changes(base.metrics if base else {}, candidate.metrics, directions)
    return Comparison(
        base=base.revision if base else None,
        candidate=candidate.revision,
        metrics=metrics,
        params=param_changes(base.params, candidate.params) if base else (),
        data=data_changes(base.data, candidate.data) if base else (),
        verdict=judge(rules, metrics),
        environment=environment_changes(*environment),
    )
