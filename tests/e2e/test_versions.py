"""A version of the example, from its registration to where its endpoint came from, and made again."""

from __future__ import annotations

import json

import pytest
from tests.fakes.command import Emel

pytestmark = pytest.mark.slow


def data(emel: Emel, *arguments: str):
    done = emel(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_example_comes_out_the_same_to_the_last_bit(emel):
    registered = data(emel, "model", "register")
    assert registered["version"]["tag"] == "breast-cancer@v1.0.0"
    assert registered["reason"] == "the repository has no remote named `origin`"

    found = data(emel, "model", "reproduce", "v1.0.0", "--here")

    assert (found["outcome"], found["metrics"], found["files"]) == ("bit-equal", [], [])
    assert emel.git("status", "--porcelain") == ""


def test_a_promoted_version_can_be_asked_where_it_came_from(emel):
    commit = data(emel, "model", "register", "--bump", "major")["version"]["commit"]
    move = data(emel, "model", "promote", "breast-cancer@v1.0.0", "--to", "prod")

    found = data(emel, "inspect", move["endpoint"]["url"])
    assert (found["version"], found["commit"], found["tier"]) == ("v1.0.0", commit, "pure")
    assert found["metrics"]["accuracy"] > 0.9
    assert found["data"].keys() >= {"data/breast_cancer.csv", "models/model.joblib"}

    shown = data(emel, "model", "show")
    assert (shown["stages"], shown["bundle"]["parity"]["ok"]) == (["prod"], True)
    assert [(item["cloud"], item["tags"]) for item in shown["deployed"]] == [("local", ["prod"])]
