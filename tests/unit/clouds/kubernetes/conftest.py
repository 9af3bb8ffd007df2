from __future__ import annotations

import pytest
from tests.fakes.kubernetes import FakeCluster


@pytest.fixture
def cluster() -> FakeCluster:
    return FakeCluster()
