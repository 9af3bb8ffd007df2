from __future__ import annotations

import pytest
from tests.fakes.aws import FakeAws, shared_aws


@pytest.fixture
def aws() -> FakeAws:
    made = shared_aws()
    made.reset()
    return made
