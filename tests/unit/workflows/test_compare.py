"""Several revisions beside one, and merge requests by their number."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console
from tests.fakes.experiments import FILES
from tests.fakes.repositories import HermeticProcess, commit_files
from tests.fakes.results import comparison, roc_plot

from emel.cli.render.experiments import side_by_side
from emel.config import load
from emel.errors import RepositoryError
from emel.gitrepo import GitRepo
from emel.records import Revision
from emel.report.pages import comparison_page
from emel.system.clock import SystemClock
from emel.system.http import SystemHttp
from emel.workflows.compare import compare_several, write_page
from emel.workflows.machine import System
from emel.workflows.project import Project
from emel.workflows.revisions import named_revision

MODEL = '[model]\nname = "churn"\npath = "model.txt"\nsample = "sample.csv"\n'
TREE = Revision(label="tree", commit="3" * 40)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    root = tmp_path / "project"
    root.mkdir()
    process = HermeticProcess(tmp_path / "home")
    commit_files(GitRepo.init(root, process), "Start", {"emel.toml": MODEL})
    return Project(root, load(root / "emel.toml"), System(process, SystemHttp(env={}), SystemClock()))


def printed() -> str:
    console = Console(width=120)
    with console.capture() as captured:
        console.print(side_by_side([comparison(), comparison(TREE, accuracy=0.85)]))
    return captured.get()


def test_each_revision_has_its_column_and_its_verdict() -> None:
    shown = printed()

    assert "accuracy   ↑   0.9718   0.9648     0.85" in shown
    assert "C           1                     –               –" in shown
    assert "forest: gate passed" in shown
    assert "tree: gate FAILED: accuracy is 0.85, below 0.9; accuracy got worse by 0.1218" in shown


def test_the_page_tells_the_same_with_the_plots() -> None:
    page = comparison_page("churn", [comparison(), comparison(TREE, accuracy=0.85)], [roc_plot()])

    assert "<th>Metric</th>" in page and 'class="n">forest</th>' in page and 'class="n">tree</th>' in page
    assert '<span class="bad">0.8500</span>' in page
    assert page.count("data:image/png;base64,") == 1
    assert "accuracy is 0.85, below 0.9" in page


def test_a_merge_request_is_fetched_from_origin_with_nothing_checked_out(
    project: Project, tmp_path: Path
) -> None:
    origin = tmp_path / "origin"
    process = project.system.process
    process.run(["git", "clone", "--quiet", "--bare", str(project.root), str(origin)])
    process.run(["git", "remote", "add", "origin", str(origin)], cwd=project.root)
    here = project.repo().head()
    tree = process.run(["git", "rev-parse", "HEAD^{tree}"], cwd=origin).stdout.strip()
    made = process.run(["git", "commit-tree", tree, "-m", "MR"], cwd=origin).stdout.strip()
    process.run(["git", "update-ref", "refs/merge-requests/12/head", made], cwd=origin)

    assert named_revision(project, "!12") == Revision(label="!12", commit=made)
    assert project.repo().head() == here
    assert project.repo().changes() == ()
    with pytest.raises(RepositoryError, match="merge request !13 cannot be fetched"):
        named_revision(project, "!13")


@pytest.mark.slow
def test_several_revisions_are_read_at_once_and_drawn_into_one_plot(project: Project, tmp_path: Path) -> None:
    repo = project.repo()
    commit_files(repo, "Pipeline", FILES)
    for depth in (2, 5, 7):
        (project.root / "params.yaml").write_text(f"depth: {depth}\n")
        project.pipeline().run()
        commit_files(repo, f"Depth {depth}", {})
        repo.create_tag(f"depth-{depth}", "x", "HEAD")

    results = compare_several(project, ["depth-2", "depth-5", "depth-7"])
    accuracy = [{m.name: (m.base, m.candidate) for m in one.metrics}["accuracy"] for one in results]
    assert accuracy == [(0.2, 0.5), (0.2, 0.7)]
    [alone] = compare_several(project, ["depth-2"])
    assert alone.candidate.label == "main"

    write_page(project, results, tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text().count("data:image/png;base64,") == 2
    plots = project.pipeline().plots(results[0].base, results[1].candidate, [results[0].candidate])
    roc = next(plot for plot in plots if plot.name.endswith("ROC"))
    assert {point["rev"] for point in roc.vega_lite["data"]["values"]} == {"depth-2", "depth-5", "depth-7"}
