"""What of emel.toml, and of the files that it names, a bundle's content hangs on."""

from __future__ import annotations

import hashlib

import msgspec

from emel.records import to_json
from emel.system.files import sha256_of
from emel.workflows.project import Project

ELSEWHERE = ("name", "path", "sample", "tier")
"""Keys of [model] that a bundle's record tells by itself: its name, the digests of the files, its tier."""
FUNCTION = ("calls_per_instance", "cors")
"""Keys of [function] that a bundle is made by. The others say how it runs."""


def settings_digest(project: Project) -> str:
    """One digest of all settings that another bundle would come of, were one of them another."""
    model = msgspec.structs.asdict(project.config.model)
    function = msgspec.structs.asdict(project.config.function)
    requirements = project.config.model.requirements
    file = project.root / requirements if requirements else None
    told = {
        "model": {key: model[key] for key in sorted(model) if key not in ELSEWHERE},
        "function": {key: function[key] for key in FUNCTION},
        "logging": project.config.logging,
        "page": project.config.page,
        "requirements": sha256_of(file) if file and file.is_file() else None,
    }
    return f"sha256:{hashlib.sha256(to_json(told)).hexdigest()}"
