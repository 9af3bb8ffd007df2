"""A copy of the project works with the original's cache."""

from __future__ import annotations

import pytest
from tests.fakes.experiments import Experiment

from emel.experiments import Pipeline
from emel.experiments.dvc import Dvc

LOGIN = "['remote \"store\"']\n    url = https://data.example.org\n    password = hidden%value\n"


@pytest.mark.slow
def test_a_copy_has_the_data_does_not_repeat_what_was_made_and_keeps_the_login_private(
    experiment: Experiment,
) -> None:
    experiment.write("raw.bin", "raw")
    assert Dvc(experiment.root, experiment.process).run("add", "raw.bin").returncode == 0
    experiment.pipeline.run()
    experiment.commit("made")
    experiment.write(".dvc/config.local", LOGIN)
    copy = experiment.repo.copy_at("HEAD", experiment.root.parent / "copy")
    pipeline = Pipeline(copy.root, experiment.process)
    pipeline.share_cache(experiment.root, experiment.pipeline.cache_folder())
    settings = copy.root / ".dvc" / "config.local"

    assert (copy.root / "raw.bin").read_text() == "raw"
    assert "password = hidden%value" in settings.read_text()
    assert settings.stat().st_mode & 0o777 == 0o600
    pipeline.set_params(["depth=3"])
    outcomes = {stage.name: stage.outcome for stage in pipeline.run().stages}
    assert outcomes == {"split": "unchanged", "train": "ran"}
