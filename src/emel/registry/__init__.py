"""The registry of models: Git tags in the grammar of GTO, and the words of their releases.

`gto` reads our tags and we read its (https://github.com/iterative/gto, gto/constants.py at 1.10).
"""

from emel.registry.releases import description, manifest_of, read_manifest
from emel.registry.semver import Bump
from emel.registry.stages import assign, history, stages
from emel.registry.versions import (
    Choice,
    choose,
    deprecate,
    find_registered,
    find_version,
    message_of,
    register,
    version_at,
    versions,
)

__all__ = [
    "Bump",
    "Choice",
    "assign",
    "choose",
    "deprecate",
    "description",
    "find_registered",
    "find_version",
    "history",
    "manifest_of",
    "message_of",
    "read_manifest",
    "register",
    "stages",
    "version_at",
    "versions",
]
