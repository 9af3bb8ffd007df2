"""Writing the pipeline into a repository, beside what is there."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from tests.fakes.repositories import HermeticProcess

from emel.errors import ConfigError, PipelineError
from emel.gitrepo import GitRepo
from emel.system.clock import SystemClock
from emel.system.http import SystemHttp
from emel.workflows.ci import check_pipeline, write_pipeline
from emel.workflows.machine import System
from emel.workflows.project import Project, open_project

TOML = (
    '[model]\nname = "churn"\npath = "models/model.joblib"\nsample = "data/test.csv"\n[ci]\ncloud = "local"\n'
)
DVC = """stages:
  train:
    cmd: python train.py
    outs:
      - models/model.joblib
      - plots/roc.csv: {cache: false}
      - data/train.csv
    metrics:
      - metrics.json: {cache: false}
"""


def project_in(top: Path, folder: str = "", toml: str = TOML) -> Project:
    process = HermeticProcess(top / ".home")
    GitRepo.init(top, process)
    (top / folder).mkdir(parents=True, exist_ok=True)
    (top / folder / "emel.toml").write_text(toml)
    (top / folder / "dvc.yaml").write_text(DVC)
    return open_project(top / folder, System(process, SystemHttp(env={}), SystemClock()))


def test_the_pipeline_hands_on_what_training_writes_for_the_jobs_after_it(tmp_path: Path) -> None:
    write_pipeline(project_in(tmp_path))

    train = yaml.safe_load((tmp_path / ".gitlab-ci.yml").read_text())["train"]
    assert train["artifacts"]["paths"] == [
        "dvc.lock",
        "plots/roc.csv",
        "metrics.json",
        "models/model.joblib",
        "data/test.csv",
        ".emel/runs/",
        ".emel/bundles/",
    ]


def test_a_second_time_nothing_is_written(tmp_path: Path) -> None:
    project = project_in(tmp_path)

    assert write_pipeline(project).changed == (".gitlab-ci.yml",)
    assert write_pipeline(project).changed == ()
    assert check_pipeline(project).files == (".gitlab-ci.yml",)


def test_a_pipeline_that_somebody_changed_by_hand_is_shown_with_the_difference(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    write_pipeline(project)
    file = tmp_path / ".gitlab-ci.yml"
    file.write_text(file.read_text().replace("emel run", "emel run --force"))

    with pytest.raises(ConfigError, match="is not what") as raised:
        check_pipeline(project)
    assert "-    - emel run --force\n+    - emel run\n" in str(raised.value)


def test_a_pipeline_of_ones_own_gets_one_line_and_keeps_all_others(tmp_path: Path) -> None:
    own = "# Us\nstages: [lint, train]\n\nlint: # fast\n  stage: lint\n  script: [!reference [.x, script]]\n"
    (tmp_path / ".gitlab-ci.yml").write_text(own)
    project = project_in(tmp_path)

    assert write_pipeline(project).changed == (".gitlab/emel.yml", ".gitlab-ci.yml")
    assert (tmp_path / ".gitlab-ci.yml").read_text() == f"include:\n  - local: .gitlab/emel.yml\n\n{own}"
    included = yaml.safe_load((tmp_path / ".gitlab/emel.yml").read_text())
    # Its own stages have no `test`, so the jobs go to one that it has.
    assert {job["stage"] for name, job in included.items() if "stage" in job} == {"lint"}
    assert not {"stages", "workflow"} & set(included)
    assert write_pipeline(project).changed == ()


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        (
            "include:\n  - local: a.yml\nx: {}\n",
            "include:\n  - local: .gitlab/emel.yml\n  - local: a.yml\nx: {}\n",
        ),
        ("include:  # all\n- a.yml\n", "include:  # all\n- local: .gitlab/emel.yml\n- a.yml\n"),
        ("include:\n  - local: /.gitlab/emel.yml\n", "include:\n  - local: /.gitlab/emel.yml\n"),
    ],
)
def test_an_include_that_is_there_gets_one_more_line(tmp_path: Path, own: str, expected: str) -> None:
    (tmp_path / ".gitlab-ci.yml").write_text(own)
    write_pipeline(project_in(tmp_path))

    assert (tmp_path / ".gitlab-ci.yml").read_text() == expected


@pytest.mark.parametrize(
    ("own", "said"),
    [("include: a.yml\n", "`include` is no list"), ("a: [\n", "gitlab-ci.yml:2: not valid YAML")],
)
def test_a_pipeline_that_cannot_be_added_to_is_left_alone(tmp_path: Path, own: str, said: str) -> None:
    (tmp_path / ".gitlab-ci.yml").write_text(own)

    with pytest.raises(ConfigError, match=said):
        write_pipeline(project_in(tmp_path))
    assert (tmp_path / ".gitlab-ci.yml").read_text() == own
    assert not (tmp_path / ".gitlab").exists()


def test_projects_in_folders_share_a_repository_with_jobs_of_their_own_names(tmp_path: Path) -> None:
    for folder, name in (("churn", "churn"), ("risk/fraud", "fraud")):
        write_pipeline(project_in(tmp_path, folder, TOML.replace('"churn"', f'"{name}"')))

    top = yaml.safe_load((tmp_path / ".gitlab-ci.yml").read_text())
    assert [one["local"] for one in top["include"]] == [".gitlab/emel-fraud.yml", ".gitlab/emel-churn.yml"]
    fraud = yaml.safe_load((tmp_path / ".gitlab/emel-fraud.yml").read_text())
    assert fraud["fraud-train"]["artifacts"]["paths"][-1] == "risk/fraud/.emel/bundles/"
    assert "cd risk/fraud" in fraud[".fraud-emel"]["before_script"]
    assert fraud["fraud-train"]["rules"][-1]["changes"] == ["risk/fraud/**/*"]


def test_a_remote_of_dvc_is_pulled_from_and_pushed_to(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc/config").write_text(
        "[core]\n    remote = store\n['remote \"store\"']\n    url = s3://b\n"
    )
    write_pipeline(project)

    script = "\n".join(yaml.safe_load((tmp_path / ".gitlab-ci.yml").read_text())["train"]["script"])
    assert script.index("dvc pull") < script.index("emel run") < script.index("dvc push")


def test_a_broken_dvc_yaml_is_named_with_its_line(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    (tmp_path / "dvc.yaml").write_text("stages:\n  a: [\n")

    with pytest.raises(PipelineError, match=r"dvc\.yaml:3"):
        write_pipeline(project)


def test_the_examples_pipeline_is_what_its_emel_toml_says(tmp_path: Path) -> None:
    example = Path(__file__).resolve().parents[3] / "examples" / "breast-cancer"
    for name in ("emel.toml", "dvc.yaml", ".gitlab-ci.yml", ".dvc/config"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((example / name).read_bytes())
    process = HermeticProcess(tmp_path / ".home")
    GitRepo.init(tmp_path, process)
    project = open_project(tmp_path, System(process, SystemHttp(env={}), SystemClock()))

    assert check_pipeline(project).changed == ()
