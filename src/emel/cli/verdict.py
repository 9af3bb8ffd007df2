"""A gate that says no is an exit code."""

from __future__ import annotations

from emel.errors import GateFailed
from emel.records import Comparison


def fail_if_refused(comparison: Comparison) -> None:
    """Errors: GateFailed, naming every rule that is not met."""
    refused = [check.text for check in comparison.verdict.checks if not check.passed]
    if refused:
        raise GateFailed(
            f"the gate says no: {'; '.join(refused)}",
            hint="improve the model, or change [gate] in emel.toml if the limit is wrong",
        )
