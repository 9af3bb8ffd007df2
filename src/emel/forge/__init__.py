"""Where changes are reviewed and models are kept. GitLab is the first forge behind the protocols of base."""

from emel.forge.base import Forge
from emel.forge.gitlab import LAUNCH, open_gitlab, require_access_token
from emel.forge.gitlab.git_access import credential_settings, git_environment, without_login
from emel.forge.gitlab.place import place_of_job, place_of_origin

__all__ = [
    "LAUNCH",
    "Forge",
    "credential_settings",
    "git_environment",
    "open_gitlab",
    "place_of_job",
    "place_of_origin",
    "require_access_token",
    "without_login",
]
