"""A gate that says no is an exit code."""

from __future__ import annotations

from emel.errors import GateFailed
from emel.records import Comparison, Verdict


def fail_if_refused(comparison: Comparison) -> None:
    """Errors: GateFailed, naming every rule that is not met."""
    fail_if_missed(comparison.verdict)


def fail_if_missed(verdict: Verdict) -> None:
    """The same for a verdict alone."""
    refused = [check.text for check in verdict.checks if not check.passed]
    if refused:
        raise GateFailed(
            f"the gate says no: {'; '.join(refused)}",
            hint="improve the model, or change [gate] in emel.toml if the limit is wrong",
        )
