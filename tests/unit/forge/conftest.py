from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.fakes.gitlab import FakeGitLab, Project
from tests.fakes.gitlab.project import usual_project


@pytest.fixture
def gitlab() -> Iterator[FakeGitLab]:
    with FakeGitLab() as fake:
        yield fake


@pytest.fixture
def project(gitlab: FakeGitLab) -> Project:
    return usual_project(gitlab)
