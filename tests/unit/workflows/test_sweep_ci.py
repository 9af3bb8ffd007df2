"""A sweep in GitLab: which jobs there are, what is refused, and what is gathered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console
from tests.fakes.experiments import FILES
from tests.fakes.gitlab import FakeGitLab
from tests.fakes.gitlab.project import job_variables, usual_project
from tests.fakes.gitlab.state import DEVELOPER
from tests.fakes.progress import Silence
from tests.fakes.repositories import HermeticProcess, commit_files

from emel.cli.render.sweep import sweep as rendered
from emel.config import load
from emel.errors import PipelineError
from emel.gitrepo import GitRepo
from emel.records import RenderedReport, Sweep, SweepCell
from emel.system.clock import SystemClock
from emel.system.http import SystemHttp
from emel.workflows.leaderboard import Cell, kept_of, newest_of
from emel.workflows.machine import System
from emel.workflows.project import Project
from emel.workflows.publish import publish
from emel.workflows.revisions import candidate_revision
from emel.workflows.sweep_ci import Wanted, collect, wanted_of, write_child_pipeline

MODEL = '[model]\nname = "churn"\npath = "model.txt"\nsample = "data.csv"\n'
SWEEP = '[sweep]\nset = ["depth=1,2,3"]\nrandom = 2\nseed = 7\nmetric = "accuracy"\n'
PARAMS = "depth: 2\nlayers: [8]\nrate: 0.1\nname: x\n"
GRID = ("depth=1,2,4", "layers=[8,8],[8]")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return made(tmp_path, MODEL)


def made(folder: Path, toml: str) -> Project:
    root = folder / "project"
    root.mkdir()
    process = HermeticProcess(folder / "home")
    commit_files(GitRepo.init(root, process), "Start", {**FILES, "params.yaml": PARAMS, "emel.toml": toml})
    return Project(root, load(root / "emel.toml"), System(process, SystemHttp(env={}), SystemClock()))


def child(project: Project, wanted: Wanted) -> dict[str, Any]:
    file = project.root / "sweep.yml"
    write_child_pipeline(project, wanted, file)
    found: dict[str, Any] = yaml.safe_load(file.read_text())
    return found


def ran(project: Project, cell: Cell, accuracy: float | None) -> None:
    """What a cell's job leaves."""
    commit = project.repo().head()
    metrics = {} if accuracy is None else {"accuracy": accuracy}
    error = "stage `train` failed" if accuracy is None else None
    kept_of(project, commit).write(
        cell, SweepCell(commit=commit, params=cell, metrics=dict(metrics), seconds=1.0, error=error)
    )


def printed(sweep: Sweep) -> str:
    console = Console(width=100)
    with console.capture() as captured:
        console.print(rendered(sweep))
    return captured.get()


def test_a_grid_is_one_entry_of_the_matrix_and_its_product_the_jobs(project: Project) -> None:
    jobs = child(project, Wanted(GRID, None, 0, None))

    assert jobs["cell"]["parallel"]["matrix"] == [
        {"SET_1": ["depth=1", "depth=2", "depth=4"], "SET_2": ["layers=[8,8]", "layers=[8]"]}
    ]
    assert 'emel sweep --set "$SET_1" --set "$SET_2" --jobs 1' in jobs["cell"]["script"]
    assert jobs["leaderboard"]["script"] == [
        "emel sweep collect --set depth=1,2,4 --set 'layers=[8,8],[8]' --publish --report-job report"
    ]


def test_cells_that_are_drawn_have_an_entry_each_and_are_the_same_every_time(project: Project) -> None:
    wanted = Wanted(GRID, 3, 1, "accuracy")
    jobs = child(project, wanted)

    entries = jobs["cell"]["parallel"]["matrix"]
    assert len(entries) == 3
    assert all(len(values) == 1 for entry in entries for values in entry.values())
    assert child(project, wanted) == jobs
    assert jobs["leaderboard"]["script"] == [
        "emel sweep collect --set depth=1,2,4 --set 'layers=[8,8],[8]' --random 3 --seed 1 "
        "--metric accuracy --publish --report-job report"
    ]


def test_more_cells_than_gitlab_makes_jobs_of_are_refused_with_their_number(project: Project) -> None:
    values = ",".join(map(str, range(15)))
    large = (f"depth={values}", f"rate={values}")

    with pytest.raises(PipelineError, match="225 cells") as caught:
        child(project, Wanted(large, None, 0, None))
    assert "--random 200" in (caught.value.hint or "")
    assert len(child(project, Wanted(large, 200, 0, None))["cell"]["parallel"]["matrix"]) == 200


@pytest.mark.parametrize(
    ("value", "said"), [("$HOME", "can carry"), ("a\nb", "can carry"), ("x" * 300, "characters")]
)
def test_values_that_no_job_could_get_are_refused(project: Project, value: str, said: str) -> None:
    with pytest.raises(PipelineError, match=said):
        child(project, Wanted((f"name={value},b",), None, 0, None))


def test_a_parameter_that_is_not_there_is_told_before_any_job_starts(project: Project) -> None:
    with pytest.raises(PipelineError, match="there is no parameter `dept`"):
        child(project, Wanted(("dept=1,2",), None, 0, None))


def test_options_go_before_emel_toml(tmp_path: Path) -> None:
    configured = made(tmp_path, MODEL + SWEEP)

    assert wanted_of(configured) == Wanted(("depth=1,2,3",), 2, 7, "accuracy")
    assert wanted_of(configured, ("rate=1,2",), seed=3) == Wanted(("rate=1,2",), None, 3, "accuracy")
    assert wanted_of(configured, count=1, metric="loss") == Wanted(("depth=1,2,3",), 1, 7, "loss")


def test_nothing_to_sweep_over_is_an_error_that_says_where_to_write_it(project: Project) -> None:
    with pytest.raises(PipelineError) as caught:
        wanted_of(project)

    assert "[sweep]" in (caught.value.hint or "")


def test_what_the_jobs_gave_is_gathered_with_what_failed_or_never_came(project: Project) -> None:
    ran(project, ("depth=1",), 0.5)
    ran(project, ("depth=2",), 0.75)
    ran(project, ("depth=3",), None)
    wanted = Wanted(("depth=1,2,3,4",), None, 0, None)
    done = collect(project, wanted, env={}, progress=Silence())

    assert [cell.params for cell in done.sweep.cells[:2]] == [("depth=2",), ("depth=1",)]
    assert [cell.error for cell in done.sweep.cells[2:]] == [
        "stage `train` failed",
        "it gave nothing: its job was not run, or ended",
    ]
    assert done.sweep.ran == 0
    assert [cell.absent for cell in done.sweep.cells] == [False, False, False, True]
    assert "ran now: 0, kept from before: 3, nothing known of: 1" in printed(done.sweep)
    assert "| 1 | `2` | 0.7500 |" in done.markdown.read_text()
    assert "data:image/png;base64," in done.html.read_text()
    assert newest_of(project, candidate_revision(project)) == done.sweep


def test_a_leaderboard_belongs_to_the_reports_of_its_commit_alone(project: Project) -> None:
    ran(project, ("depth=1",), 0.5)
    collect(project, Wanted(("depth=1",), None, 0, None), env={}, progress=Silence())
    commit_files(project.repo(), "Later", {"README.md": "x"})

    assert newest_of(project, candidate_revision(project)) is None


def test_what_a_cell_gave_is_found_again_at_a_commit_with_the_same_inputs(project: Project) -> None:
    ran(project, ("depth=1",), 0.5)
    commit_files(project.repo(), "Words", {"README.md": "x"})
    assert kept_of(project, project.repo().head()).read(("depth=1",)) is not None

    commit_files(project.repo(), "Code", {"train.py": "print()"})
    assert kept_of(project, project.repo().head()).read(("depth=1",)) is None


def test_the_leaderboard_stands_in_the_comment_of_the_report_whichever_is_first(
    project: Project, gitlab: FakeGitLab
) -> None:
    team = usual_project(gitlab)
    token = gitlab.world.project_token(team, DEVELOPER)
    env = job_variables(gitlab, team) | {"EMEL_GITLAB_TOKEN": token, "CI_JOB_NAME": "churn: report"}
    child_env = env | {"CI_JOB_NAME": "churn: leaderboard"}

    def gather(accuracy: float) -> None:
        ran(project, ("depth=1",), accuracy)
        wanted = Wanted(("depth=1",), None, 0, None)
        collect(project, wanted, report_job="churn: report", env=child_env, progress=Silence())

    gather(0.5)
    (note,) = team.notes
    assert "### Leaderboard" in note.body and "0.5000" in note.body
    assert "/artifacts/file/.emel/leaderboard/leaderboard.html)" in note.body

    for text in ("Gate passed", "Gate failed"):
        told = RenderedReport(
            headline="", commit="1" * 40, passed=True, metrics={}, parts=(text,), pictures=(), html=""
        )
        done = publish(
            told,
            root=project.root,
            part="churn",
            artifact="",
            system=project.system,
            env=env,
            progress=Silence(),
        )
        assert done.url and not done.created
    gather(0.9)

    (note,) = team.notes
    assert [note.body.count(text) for text in ("Gate passed", "Gate failed", "### Leaderboard")] == [0, 1, 1]
    assert "0.9000" in note.body and "0.5000" not in note.body
    assert note.body.index("Gate failed") < note.body.index("### Leaderboard")
