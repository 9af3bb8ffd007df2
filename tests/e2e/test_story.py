"""The whole story: two contributors, three merge requests, a rollback, and a version made again.

It is told in docs/story.md, which `EMEL_UPDATE_GOLDEN=1 pytest tests/e2e/test_story.py` writes anew.
"""

from __future__ import annotations

import json
import os
import re
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest
from tests.fakes.gitlab import FakeGitLab
from tests.fakes.jobs import RanPipeline
from tests.fakes.repositories import HermeticProcess
from tests.fakes.team import Person, Team
from tests.fakes.telling import Telling

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "story.md"
BETTER, WORSE, BROKEN = 1, 2, 3


class Story:
    """What happened, to be asked by the tests."""

    def __init__(self, team: Team) -> None:
        self.team = team
        self.telling = Telling(team.gitlab.url, team.repository)
        self.answers: list[str] = []
        """Which version production answered with, from time to time."""
        self.pipelines: dict[str, RanPipeline] = {}
        self.reproduced: dict[str, Any] = {}
        self.origin: dict[str, Any] = {}

    @property
    def production(self) -> str:
        ran = re.search(r"http://[^\s]+/breast-cancer/prod", self.pipelines["main"].output)
        assert ran is not None, self.pipelines["main"].output
        return ran[0]

    def ask_production(self) -> None:
        with urllib.request.urlopen(f"{self.production}/metadata", timeout=60) as reply:
            self.answers.append(json.load(reply)["model"]["version"])

    def begin(self, trained: Path) -> None:
        self.team.publish(trained)
        with self.team.serving():
            self.release_the_first()
            self.open_three_merge_requests()
            self.tell_of_the_better_model()
            self.tell_of_the_others()
            self.go_back()
            self.make_it_again()

    def release_the_first(self) -> None:
        tell = self.telling
        tell.title("A project with a pipeline")
        tell.say(
            "Ada has a training script, a DVC pipeline and an `emel.toml`. She lets emel write the pipeline "
            "and pushes it all."
        )
        tell.commands("emel ci", "git push origin main")
        self.pipelines["main"] = self.team.runner.of_push("main", by="ada")
        tell.pipeline(self.pipelines["main"])
        self.ask_production()
        tell.say(f"The model is version {self.answers[-1]}, a release, and answers in production.")

    def open_three_merge_requests(self) -> None:
        team = self.team
        ada, boris = team.ada, team.boris
        self._propose(boris, "less-regularisation", "Regularise less", "params.yaml", "C: 1.0", "C: 3.0")
        self._propose(ada, "more-regularisation", "Regularise more", "params.yaml", "C: 1.0", "C: 0.001")
        old, new = 'columns="diagnosis"', 'columns="diagnosys"'
        self._propose(boris, "tidy-up", "Tidy up", "src/train.py", old, new)
        with ThreadPoolExecutor(2) as runners:
            started = {
                name: runners.submit(team.runner.of_merge_request, iid, by=by)
                for name, iid, by in (
                    ("better", BETTER, "boris"),
                    ("worse", WORSE, "ada"),
                    ("broken", BROKEN, "boris"),
                )
            }
            self.pipelines |= {name: pipeline.result() for name, pipeline in started.items()}

    def tell_of_the_better_model(self) -> None:
        tell, team = self.telling, self.team
        tell.title("A better model")
        tell.say("Boris regularises less. He changes one line, pushes a branch and opens a merge request.")
        tell.commands(
            "git switch --create less-regularisation",
            'git commit --all -m "Regularise less"',
            "git push origin less-regularisation",
        )
        tell.pipeline(self.pipelines["better"])
        tell.report(team.report_in(BETTER), "Metrics", "Parameters", "Shadow comparison with production")
        tell.say(
            "The comment also has the address of the merge request's own endpoint, a line to try it with, "
            "plots, and what the function costs. Ada merges."
        )
        team.merge(BETTER)
        self.pipelines["merged"] = team.runner.of_push("main", by="ada")
        tell.pipeline(self.pipelines["merged"])
        self.ask_production()
        with pytest.raises(HTTPError, match="404"):
            urllib.request.urlopen(self.production.replace("/prod", "/mr-1"), timeout=60)
        tell.say(f"Production answers with {self.answers[-1]}; the merge request's endpoint is gone.")

    def tell_of_the_others(self) -> None:
        tell, team = self.telling, self.team
        tell.title("A worse model")
        tell.say("Ada regularises much more. The gate of `emel.toml` says no, and the report says why.")
        tell.pipeline(self.pipelines["worse"])
        tell.report(team.report_in(WORSE), "Metrics", "Gate")
        tell.title("A broken script")
        tell.say("Boris tidies up and misspells a column.")
        tell.pipeline(self.pipelines["broken"])
        tell.report(team.report_in(BROKEN), "The end of the output")

    def go_back(self) -> None:
        tell = self.telling
        tell.title("Back to the version before")
        tell.say(
            "Somebody calls: the new model is too sure of itself. Ada goes back first and asks afterwards."
        )
        done = self.team.ada.emel("model", "rollback", "--to", "prod")
        assert done.returncode == 0, done.stderr
        tell.console("emel model rollback --to prod", done.stdout.splitlines()[0])
        self.ask_production()

    def make_it_again(self) -> None:
        tell, ada = self.telling, self.team.ada
        tell.title("What was it made of?")
        tell.say("Which commit and which merge request was the version of, and does it come out the same?")
        ada.back_to_main()
        listed = ada.emel("model", "list")
        tell.console("emel model list", *listed.stdout.splitlines())
        done = ada.emel("model", "reproduce", "v1.1.0", "--here", "--json")
        assert done.returncode == 0, done.stderr
        self.reproduced = json.loads(done.stdout)
        same = {"bit-equal": "the same to the last bit"}[self.reproduced["outcome"]]
        tell.console("emel model reproduce v1.1.0", f"breast-cancer@v1.1.0 made again: {same}")
        found = ada.emel("inspect", self.production, "--json")
        assert found.returncode == 0, found.stderr
        self.origin = json.loads(found.stdout)
        tell.console(
            f"emel inspect {self.production}",
            *(f"{name:15}{self.origin[name]}" for name in ("version", "commit", "tier")),
        )

    def _propose(self, who: Person, branch: str, message: str, file: str, old: str, new: str) -> None:
        who.back_to_main()
        who.edit(file, old, new)
        who.push_branch(branch, message)
        self.team.open_merge_request(branch, message)


@pytest.fixture(scope="module")
def story(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with FakeGitLab() as gitlab:
        told = Story(Team(gitlab, tmp_path_factory.mktemp("team")))
        told.begin(trained)
        yield told


def test_the_better_model_is_merged_released_and_in_production(story: Story) -> None:
    assert story.pipelines["better"].passed and story.pipelines["merged"].passed
    body = story.team.report_in(BETTER)
    assert "Gate passed" in body and "/breast-cancer/mr-1" in body
    assert "of 142 sample rows get the same answer as in production" in body
    assert list(story.team.project.releases) == ["breast-cancer@v1.0.0", "breast-cancer@v1.1.0"]
    assert story.answers[:2] == ["v1.0.0", "v1.1.0"]


def test_the_report_took_the_shadows_result(story: Story) -> None:
    better = story.pipelines["better"]

    assert "sending the sample rows to prod and mr-1" in better.job("shadow").output
    assert "sending the sample rows" not in better.job("report").output


def test_the_worse_model_is_refused_and_the_report_says_why(story: Story) -> None:
    worse = story.pipelines["worse"]

    assert [(job.name, job.status) for job in worse.jobs][:2] == [("train", "failed"), ("preview", "skipped")]
    assert worse.job("report").status == "success"
    assert "Gate failed: accuracy is 0.8944, below 0.9" in story.team.report_in(WORSE)


def test_the_broken_pipelines_comment_says_so_and_passes_nothing(story: Story) -> None:
    body = story.team.report_in(BROKEN)

    assert not story.pipelines["broken"].passed
    assert "The pipeline failed: stage train failed" in body
    assert "KeyError" in body and "Gate passed" not in body and "### Metrics" not in body


def test_production_goes_back_to_the_version_before(story: Story) -> None:
    assert story.answers == ["v1.0.0", "v1.1.0", "v1.0.0"]


def test_the_released_version_comes_out_the_same_again(story: Story) -> None:
    assert (story.reproduced["outcome"], story.reproduced["metrics"]) == ("bit-equal", [])
    assert story.origin["version"] == "v1.0.0"


def test_every_pipeline_with_results_is_a_candidate_of_the_experiment(story: Story) -> None:
    (experiment,) = story.team.project.experiments.values()
    names = sorted(run["name"].split(" #")[0] for run in experiment["runs"].values())

    assert names == ["less-regularisation", "main", "main", "more-regularisation"]


def test_no_secret_is_in_what_anybody_can_read(story: Story) -> None:
    team = story.team
    secrets = [token for token, known in team.gitlab.world.tokens.items() if known.kind != "deploy"]
    shown = [pipeline.output for pipeline in story.pipelines.values()]
    shown += [note.body for note in team.project.notes]

    assert len(secrets) > 5
    assert not [text[:200] for text in shown for secret in secrets if secret in text]


def test_the_story_is_told_as_it_happened(story: Story) -> None:
    text = story.telling.text()
    if os.environ.get("EMEL_UPDATE_GOLDEN"):
        DOCUMENT.write_text(text, "utf-8")

    assert text == DOCUMENT.read_text("utf-8")


def test_a_commit_whose_name_is_digits_alone_is_written_as_any_other(
    tmp_path: Path, process: HermeticProcess
) -> None:
    def git(*arguments: str) -> str:
        return process.run(["git", *arguments], cwd=tmp_path).stdout.strip()

    git("init", "--quiet", "--bare", ".")
    tree = git("hash-object", "-w", "-t", "tree", "/dev/null")
    made = (git("commit-tree", tree, "-m", str(number)) for number in range(2_000))
    commit = next(commit for commit in made if commit[:8].isdigit())
    telling = Telling("http://gitlab", tmp_path)
    telling.say(f"{commit[:8]} of 12345678 is {commit}")

    assert telling.text().endswith(f"\n01010101 of 12345678 is {'01' * 20}\n")
