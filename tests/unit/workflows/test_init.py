"""Adopting repositories of different kinds, each as its author left it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from tests.fakes.repositories import HermeticProcess, commit_files

from emel.config import load
from emel.errors import ConfigError
from emel.gitrepo import GitRepo
from emel.system.clock import SystemClock
from emel.system.http import SystemHttp
from emel.workflows.init import InitPlan, plan_init, write_init
from emel.workflows.init_look import Answers
from emel.workflows.machine import System

DATA = "age,income,churned\n31,1200,no\n52,2300,yes\n"
LONE = """
import json, os
import joblib, pandas as pd
from sklearn.ensemble import RandomForestClassifier
DATA = os.path.join("data", "churn.csv")
frame = pd.read_csv(DATA)
model = RandomForestClassifier().fit(frame.drop(columns=["churned"]), frame["churned"])
joblib.dump(model, "model.joblib")
with open("metrics.json", "w") as file:
    json.dump({"accuracy": 1.0}, file)
"""
NOTEBOOK = """#!/usr/bin/env python
# coding: utf-8

# In[1]:
import pickle
from pathlib import Path
import matplotlib.pyplot as plt
import pandas as pd
from sklearn.linear_model import LogisticRegression
get_ipython().run_line_magic('matplotlib', 'inline')
OUT = Path("out")

# In[2]:
df = pd.read_csv("data/train.csv"); holdout = pd.read_csv("data/holdout.csv")
y = df.pop("churned")
clf = LogisticRegression()
clf.fit(df, y)

# In[3]:
plt.savefig(OUT / "roc.png")
with open(OUT / "clf.pkl", "wb") as f:
    pickle.dump(clf, f)
"""
MLFLOW = """
import sys
import mlflow, mlflow.sklearn
import pandas as pd
from sklearn.linear_model import ElasticNet
data = pd.read_csv("wine.csv")
with mlflow.start_run():
    model = ElasticNet(alpha=float(sys.argv[1])).fit(data.drop(["quality"], axis=1), data["quality"])
    mlflow.log_metric("rmse", 0.5)
    mlflow.sklearn.save_model(model, "models/wine")
"""
MLPROJECT = """name: wine
entry_points:
  main:
    parameters:
      alpha: {type: float, default: 0.5}
    command: "python train.py {alpha}"
"""
CML = """train-and-report:
  image: iterativeai/cml:0-dvc2-base1   # with dvc
  script:
    - pip install -r requirements.txt
    - python train.py
    - cat metrics.txt >> report.md
    - cml publish plot.png --md >> report.md
    - cml comment create --target=pr report.md

send:
  image: node:20
  script:
    - npm install -g @dvcorg/cml
    - cml-send-comment report.md
    - cml pr create metrics.txt

machine:
  script:
    - cml runner launch --cloud=aws   # trains there
"""
DVC = """stages:
  prepare:
    cmd: python prepare.py
    outs: [data/test.csv]
  train:
    cmd: python train.py
    outs: [models/model.joblib]
    metrics:
      - metrics.json: {cache: false}
"""


def planned(folder: Path, **answers: str) -> InitPlan:
    system = System(HermeticProcess(folder.parent / "home"), SystemHttp(env={}), SystemClock())
    return plan_init(folder, system, Answers(**answers))


def repository(folder: Path, files: Mapping[str, str]) -> GitRepo:
    repo = GitRepo.init(folder, HermeticProcess(folder.parent / "home"))
    commit_files(repo, "As it was", files)
    return repo


def adopt(folder: Path, **answers: str) -> InitPlan:
    plan = planned(folder, **answers)
    write_init(plan)
    assert [change.path for change in planned(folder, **answers).changes] == []
    return plan


def stage(folder: Path) -> dict[str, object]:
    found: dict[str, object] = yaml.safe_load((folder / "dvc.yaml").read_text())["stages"]["train"]
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "Churn_2"
    made.mkdir()
    return made


def test_a_lone_script_gets_a_pipeline_of_what_it_reads_and_writes(folder: Path) -> None:
    repository(folder, {"train.py": LONE, "data/churn.csv": DATA, "requirements.txt": "scikit-learn==1.9\n"})
    adopt(folder, cloud="local")

    assert stage(folder) == {
        "cmd": "python train.py",
        "deps": ["train.py", "data/churn.csv"],
        "outs": ["model.joblib"],
        "metrics": [{"metrics.json": {"cache": False}}],
    }
    config = load(folder / "emel.toml")
    assert (config.model.name, config.model.path) == ("churn-2", "model.joblib")
    assert (config.model.sample, config.model.target) == ("data/churn.csv", "churned")
    assert (config.ci.cloud, config.ci.requirements) == ("local", "requirements.txt")
    assert config.ci.commit_results is True
    assert (folder / ".gitignore").read_text() == "/.emel/\n/.cache/\n/model.joblib\n"
    assert {"preview", "deploy"} <= set(yaml.safe_load((folder / ".gitlab-ci.yml").read_text()))


def test_a_bucket_becomes_dvcs_remote_with_what_jobs_need_for_it(folder: Path) -> None:
    repository(folder, {"train.py": LONE, "data/churn.csv": DATA})
    plan = adopt(folder, cloud="yandex", bucket="our-data")

    assert "url = s3://our-data/churn-2" in (folder / ".dvc" / "config").read_text()
    assert load(folder / "emel.toml").yandex.bucket == "our-data"
    jobs = yaml.safe_load((folder / ".gitlab-ci.yml").read_text())
    assert jobs[".emel"]["variables"]["AWS_RESPONSE_CHECKSUM_VALIDATION"] == "when_required"
    assert jobs[".emel"]["before_script"][0].endswith(" dvc-s3")
    assert jobs["train"]["script"][1].startswith("dvc pull")
    assert any("AWS_SECRET_ACCESS_KEY" in note for note in plan.notes)


def test_a_remote_that_is_there_stays_and_a_bucket_without_its_cloud_is_refused(folder: Path) -> None:
    remote = "[core]\n    remote = ours\n['remote \"ours\"']\n    url = /srv/dvc\n"
    repository(folder, {"train.py": LONE, "data/churn.csv": DATA, ".dvc/config": remote})
    with pytest.raises(ConfigError, match="Yandex Object Storage"):
        planned(folder, bucket="our-data")

    plan = adopt(folder, cloud="yandex", bucket="our-data")
    assert (folder / ".dvc" / "config").read_text() == remote
    assert any("which stays" in note for note in plan.notes)


def test_a_notebook_turned_script_is_run_by_what_knows_its_magic_commands(folder: Path) -> None:
    files = {"analysis.py": NOTEBOOK, "data/train.csv": DATA, "data/holdout.csv": DATA}
    repository(folder, files)
    plan = adopt(folder)

    assert stage(folder) == {
        "cmd": "ipython analysis.py",
        "deps": ["analysis.py", "data/train.csv", "data/holdout.csv"],
        "outs": ["out/clf.pkl"],
        "plots": [{"out/roc.png": {"cache": False}}],
    }
    assert load(folder / "emel.toml").model.sample == "data/holdout.csv"
    assert "is run by ipython; jobs need that too" in plan.notes[0]


def test_a_dvc_project_keeps_its_pipeline(folder: Path) -> None:
    train = (
        'import joblib\nmodel.fit(x.drop(columns="churned"), y)\njoblib.dump(model, "models/model.joblib")\n'
    )
    repository(folder, {"dvc.yaml": DVC, "train.py": train, ".dvc/config": "", ".gitignore": "/models\n"})
    plan = adopt(folder)

    assert (folder / "dvc.yaml").read_text() == DVC
    assert [change.path for change in plan.changes] == ["emel.toml", ".gitignore", ".gitlab-ci.yml"]
    model = load(folder / "emel.toml").model
    assert (model.path, model.sample, model.target) == ("models/model.joblib", "data/test.csv", "churned")


def test_an_mlflow_project_is_run_by_its_own_command_with_its_defaults(folder: Path) -> None:
    repository(folder, {"MLproject": MLPROJECT, "train.py": MLFLOW, "wine.csv": "acid,quality\n1,5\n"})
    adopt(folder)

    assert stage(folder)["cmd"] == "python train.py 0.5"
    assert stage(folder)["outs"] == ["models/wine"]
    model = load(folder / "emel.toml").model
    assert (model.path, model.target) == ("models/wine/model.pkl", "quality")


def test_a_cml_project_keeps_its_jobs_with_emels_commands_in_them(folder: Path) -> None:
    repository(folder, {".gitlab-ci.yml": CML, "train.py": LONE, "data/churn.csv": DATA})
    plan = adopt(folder)

    jobs = yaml.safe_load((folder / ".gitlab-ci.yml").read_text())
    install = 'pip install --quiet "emel[train,models]==0.1.0"'
    assert jobs["train-and-report"]["image"] == "python:3.12-bookworm"
    assert jobs["train-and-report"]["script"] == [
        "pip install -r requirements.txt",
        "python train.py",
        "cat metrics.txt >> report.md",
        install,
        'echo "![](plot.png)" >> report.md',
        "emel comment create --target=pr report.md",
    ]
    assert jobs["send"]["script"] == [install, "emel comment create report.md", "emel pr create metrics.txt"]
    assert jobs["include"] == [{"local": ".gitlab/emel.yml"}]
    assert jobs["machine"]["script"] == ["cml runner launch --cloud=aws"]
    lines = (folder / ".gitlab-ci.yml").read_text().splitlines()
    left = lines.index("    - cml runner launch --cloud=aws   # trains there") + 1
    assert plan.notes[0] == f".gitlab-ci.yml:{left}: emel has no command for this one of cml yet"
    assert any(line.endswith("# with dvc") for line in lines)


def test_a_project_in_a_folder_is_adopted_there(folder: Path) -> None:
    repository(folder, {"risk/train.py": LONE, "risk/data/churn.csv": DATA, "README.md": "All"})
    plan = adopt(folder / "risk")

    assert {change.path for change in plan.changes} == {
        *(
            f"risk/{name}"
            for name in ("dvc.yaml", ".dvc/config", ".dvc/.gitignore", "emel.toml", ".gitignore")
        ),
        ".gitlab/emel-risk.yml",
        ".gitlab-ci.yml",
    }


def test_a_file_of_parameters_is_read_as_such_and_is_no_data(folder: Path) -> None:
    reads = 'import yaml\nvalues = yaml.safe_load(open("params.yaml"))\n'
    repository(folder, {"train.py": reads + LONE, "data/churn.csv": DATA, "params.yaml": "depth: 3\n"})
    adopt(folder)

    assert stage(folder)["params"] == [{"params.yaml": None}]
    assert stage(folder)["deps"] == ["train.py", "data/churn.csv"]


def test_a_model_that_git_keeps_stays_in_git(folder: Path) -> None:
    repository(folder, {"train.py": LONE, "data/churn.csv": DATA, "model.joblib": "x", "metrics.json": "{}"})
    adopt(folder)

    assert stage(folder)["outs"] == [{"model.joblib": {"cache": False}}]
    assert "model.joblib" not in (folder / ".gitignore").read_text()


def test_planning_writes_nothing_and_shows_every_line(folder: Path) -> None:
    repo = repository(folder, {"train.py": LONE, "data/churn.csv": DATA, ".gitignore": "*.pyc"})
    plan = planned(folder)

    assert repo.changes() == ()
    diffs = {change.path: change.diff for change in plan.changes}
    assert diffs["emel.toml"].startswith("--- /dev/null\n+++ b/emel.toml\n")
    assert "+/.emel/" in diffs[".gitignore"]


@pytest.mark.parametrize(
    ("files", "said", "option"),
    [
        ({"a.py": "print(1)"}, "no Python file here fits a model", "--script"),
        ({"a.py": LONE, "b.py": LONE}, "several scripts train: a.py, b.py", "--script"),
        ({"a.py": "m.fit(x)"}, "the model file that training writes cannot be found", "--model"),
        ({"a.py": "m.fit(x)\njoblib.dump(m, 'm.pkl')"}, "a table of sample rows", "--sample"),
        (
            {"a.py": "m.fit(x)\njoblib.dump(m, 'a.pkl')\njoblib.dump(s, 'b.pkl')"},
            "any of a.pkl, b.pkl",
            "--model",
        ),
        ({"MLproject": "name: x\n"}, "no entry point `main`", "--script"),
    ],
)
def test_what_cannot_be_found_is_asked_for_by_its_option(
    folder: Path, files: dict[str, str], said: str, option: str
) -> None:
    repository(folder, files)

    with pytest.raises(ConfigError, match=said) as raised:
        planned(folder)
    assert (raised.value.hint or "").endswith(option)


def test_what_is_told_is_not_looked_for(folder: Path) -> None:
    repository(folder, {"a.py": LONE, "b.py": LONE, "rows.csv": DATA})
    adopt(
        folder, script="b.py", model="other.pkl", sample="rows.csv", name="told", base="trunk", target="age"
    )

    config = load(folder / "emel.toml")
    assert (config.model.name, config.model.path, config.model.sample) == ("told", "other.pkl", "rows.csv")
    assert (config.model.target, config.compare.base) == ("age", "trunk")
    assert stage(folder)["outs"] == ["other.pkl", "model.joblib"]


def test_a_name_that_no_function_may_have_is_refused_before_anything_is_written(folder: Path) -> None:
    repo = repository(folder, {"a.py": LONE, "data/churn.csv": DATA})
    with pytest.raises(ConfigError):
        adopt(folder, name="No Name")
    assert repo.changes() == ()


def test_a_script_of_another_language_version_is_passed_over(folder: Path) -> None:
    repository(folder, {"old.py": "print 'fit'", "train.py": LONE, "data/churn.csv": DATA})
    adopt(folder)

    assert stage(folder)["cmd"] == "python train.py"


def test_the_name_of_a_folder_loses_its_accents_and_keeps_its_letters(tmp_path: Path) -> None:
    folder = tmp_path / "Überblick für Éva"
    folder.mkdir()
    repository(folder, {"train.py": LONE, "data/churn.csv": DATA})
    adopt(folder)

    assert load(folder / "emel.toml").model.name == "uberblick-fur-eva"


@pytest.mark.parametrize(("files", "said"), [({}, True), ({"requirements.txt": "pandas"}, False)])
def test_jobs_that_would_lack_the_libraries_of_training_are_told_of(
    folder: Path, files: dict[str, str], said: bool
) -> None:
    repository(folder, {"train.py": LONE, "data/churn.csv": DATA, **files})

    assert any("no requirements.txt" in note for note in planned(folder).notes) == said
