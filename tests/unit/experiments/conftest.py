from __future__ import annotations

from pathlib import Path

import pytest
from tests.fakes.experiments import Experiment
from tests.fakes.repositories import HermeticProcess


@pytest.fixture
def experiment(tmp_path: Path) -> Experiment:
    """The project as it was written, never run."""
    return Experiment(tmp_path / "project", HermeticProcess(tmp_path / "home"))


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> Experiment:
    """The project after two runs, both committed: `main` with depth 2, `deep` with 5. Only to be read."""
    folder = tmp_path_factory.mktemp("history")
    made = Experiment(folder / "project", HermeticProcess(folder / "home"))
    made.pipeline.run()
    made.commit("main")
    made.write("params.yaml", "depth: 5\n")
    made.pipeline.run()
    made.commit("deep")
    return made
