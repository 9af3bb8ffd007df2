"""From a bundle to a live endpoint: first a plan, which only reads, then its steps; and moving tags."""

from emel.deploy.apply import apply
from emel.deploy.move import promote, rollback, start_canary
from emel.deploy.plan import (
    CreateVersion,
    MakePublic,
    Plan,
    PutGateway,
    ReuseVersion,
    SetScaling,
    SetTag,
    check_tag,
    plan,
    policy_text,
)

__all__ = [
    "CreateVersion",
    "MakePublic",
    "Plan",
    "PutGateway",
    "ReuseVersion",
    "SetScaling",
    "SetTag",
    "apply",
    "check_tag",
    "plan",
    "policy_text",
    "promote",
    "rollback",
    "start_canary",
]
