"""From a bundle to a live endpoint: first a plan, which only reads, then its steps; and moving tags."""

from emel.deploy.apply import apply
from emel.deploy.move import promote, rollback, start_canary
from emel.deploy.plan import CreateVersion, Plan, ReuseVersion, SetTag, check_tag, plan

__all__ = [
    "CreateVersion",
    "Plan",
    "ReuseVersion",
    "SetTag",
    "apply",
    "check_tag",
    "plan",
    "promote",
    "rollback",
    "start_canary",
]
