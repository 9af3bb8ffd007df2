"""A comparison that waits for the report: in the pipeline one job makes it, and another shows it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from emel.records import FunctionVersion, Shadow, from_json, to_json
from emel.system.files import write_atomic
from emel.workflows.project import Project


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    production: str
    """The digest of the bundle that answered."""
    candidate: str
    shadow: Shadow


def keep_shadow(
    project: Project, tag: str, production: FunctionVersion, candidate: FunctionVersion, result: Shadow
) -> None:
    """Keep what was found of the candidate under a tag. Errors: OSError."""
    kept = _Kept(production=production.digest, candidate=candidate.digest, shadow=result)
    write_atomic(_place(project, tag), to_json(kept))


def kept_shadow(
    project: Project, tag: str, production: FunctionVersion, candidate: FunctionVersion
) -> Shadow | None:
    """What was kept of the tag, if both bundles are still the same; None also for what another emel wrote."""
    try:
        kept = from_json(_place(project, tag).read_bytes(), _Kept)
    except (OSError, msgspec.DecodeError):
        return None
    same = (kept.production, kept.candidate) == (production.digest, candidate.digest)
    return kept.shadow if same else None


def _place(project: Project, tag: str) -> Path:
    return project.claim_state() / "shadow" / f"{tag}.json"
