from __future__ import annotations

import json

import pytest
from tests.fakes.experiments import Experiment

from emel.errors import ResultsError
from emel.records import Plot

pytestmark = pytest.mark.slow


def revisions_of(plot: Plot) -> list[str]:
    return list(dict.fromkeys(point["rev"] for point in plot.vega_lite["data"]["values"]))


def test_each_plot_has_both_revisions_by_name_the_base_first(history: Experiment) -> None:
    confusion, roc = history.pipeline.plots(history.revisions["main"], history.revisions["deep"])

    assert (confusion.title, roc.title) == ("Confusion", "ROC")
    assert revisions_of(confusion) == revisions_of(roc) == ["main", "deep"]
    assert roc.vega_lite["encoding"]["color"]["scale"]["domain"] == ["main", "deep"]
    assert confusion.vega_lite["facet"]["column"]["field"] == "rev"


def test_the_working_tree_comes_after_its_base_too(history: Experiment) -> None:
    _, roc = history.pipeline.plots(history.revisions["main"], history.workspace())

    assert revisions_of(roc) == ["main", "workspace"]
    assert roc.vega_lite["encoding"]["color"]["scale"]["domain"] == ["main", "workspace"]


def test_a_revision_alone_is_alone_in_its_plots(history: Experiment) -> None:
    for revision in (history.revisions["deep"], history.workspace()):
        assert [revisions_of(plot) for plot in history.pipeline.plots(None, revision)] == [
            [revision.label]
        ] * 2


def test_a_base_from_before_the_first_run_is_left_out(history: Experiment) -> None:
    plots = history.pipeline.plots(history.revisions["start"], history.revisions["deep"])

    assert [revisions_of(plot) for plot in plots] == [["deep"], ["deep"]]


def test_counts_of_the_confusion_matrix_are_shown_and_no_commit_is(history: Experiment) -> None:
    plots = history.pipeline.plots(history.revisions["main"], history.revisions["deep"])
    text = json.dumps([plot.vega_lite for plot in plots])

    assert '{"name": "showValues", "bind": {"input": "checkbox"}, "value": true}' in text
    assert history.revisions["main"].commit not in text


def test_missing_data_of_the_candidates_plots_are_an_error(experiment: Experiment) -> None:
    with pytest.raises(ResultsError, match="the data of the plot `Confusion` are missing") as caught:
        experiment.pipeline.plots(None, experiment.start)

    assert caught.value.where == "confusion.csv (start)"


def test_a_column_that_is_not_there_is_an_error(experiment: Experiment) -> None:
    experiment.write("confusion.csv", "actual,guess\na,a\n")
    experiment.write("roc.csv", "fpr,tpr\n0,0\n")

    with pytest.raises(ResultsError, match=r"`Confusion` cannot be drawn: .*predicted"):
        experiment.pipeline.plots(None, experiment.workspace())


PICTURE = """
import base64
open("roc.png", "wb").write(base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
))
"""


def test_pictures_among_the_plots_leave_nothing_in_the_project(experiment: Experiment) -> None:
    stage = "stages: {draw: {cmd: python draw.py, plots: [{roc.png: {cache: false}}]}}"
    experiment.write("dvc.yaml", stage)
    experiment.write("draw.py", PICTURE)
    experiment.pipeline.run()
    before = sorted(experiment.root.iterdir())

    assert experiment.pipeline.plots(None, experiment.workspace()) == ()
    assert sorted(experiment.root.iterdir()) == before
