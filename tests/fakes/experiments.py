"""A real DVC project that runs in a second: no library, two stages, two plots."""

from __future__ import annotations

from pathlib import Path

from tests.fakes.repositories import HermeticProcess, commit_files

from emel.experiments import Pipeline
from emel.gitrepo import GitRepo
from emel.records import Revision

PIPELINE = """
stages:
  split:
    cmd: python split.py
    deps: [data.csv, split.py]
    outs: [train.csv]
  train:
    cmd: python train.py
    deps: [train.csv, train.py]
    params: [depth]
    outs: [model.txt]
    metrics: [{metrics.json: {cache: false}}]
plots:
  - Confusion:
      template: confusion
      x: actual
      y: {confusion.csv: predicted}
  - ROC:
      template: simple
      x: fpr
      y: {roc.csv: tpr}
"""
SPLIT = "open('train.csv', 'w').write(open('data.csv').read().upper())"
TRAIN = """
import json, re
depth = int(re.search(r"depth: (\\d+)", open("params.yaml").read())[1])
print(f"training with depth {depth}")
open("model.txt", "w").write("tree " * depth)
json.dump({"accuracy": depth / 10, "test": {"loss": 1 / depth}}, open("metrics.json", "w"))
open("confusion.csv", "w").write("actual,predicted\\na,a\\nb,b\\na," + "ab"[depth % 2] + "\\n")
open("roc.csv", "w").write(f"fpr,tpr\\n0,0\\n{1 / depth},0.9\\n1,1\\n")
"""
FILES = {
    "dvc.yaml": PIPELINE,
    "split.py": SPLIT,
    "train.py": TRAIN,
    "params.yaml": "depth: 2\n",
    "data.csv": "x\n1\n",
    ".gitignore": "/train.csv\n/model.txt\n",
    ".dvc/config": "[core]\n    analytics = false\n    check_update = false\n",
    ".dvc/.gitignore": "/config.local\n/tmp\n/cache\n",
}


class Experiment:
    """A DVC project in a Git repository, and the pipeline that emel sees in it."""

    def __init__(self, root: Path, process: HermeticProcess) -> None:
        root.mkdir(parents=True)
        self.root = root
        self.process = process
        self.repo = GitRepo.init(root, process)
        self.pipeline = Pipeline(root, process)
        self.start = Revision(label="start", commit=commit_files(self.repo, "Start", FILES))
        self.revisions = {"start": self.start}

    def write(self, name: str, text: str) -> None:
        (self.root / name).write_text(text)

    def workspace(self) -> Revision:
        return Revision(label="workspace", commit=self.repo.head(), changes=self.repo.changes())

    def commit(self, label: str) -> Revision:
        self.revisions[label] = Revision(label=label, commit=commit_files(self.repo, label, {}))
        return self.revisions[label]
