from __future__ import annotations

import pytest
from tests.fakes.gitlab import FakeGitLab, Project
from tests.fakes.gitlab.project import usual_project


@pytest.fixture
def project(gitlab: FakeGitLab) -> Project:
    return usual_project(gitlab)
