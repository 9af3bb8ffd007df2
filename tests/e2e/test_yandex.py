"""The whole way to Yandex Cloud and back from the command line, on the emulator, with a real model."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import urllib3
from tests.fakes.command import Emel
from tests.fakes.yandex import Emulator
from tests.fakes.yandex.state import SERVICE_ACCOUNT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def packaged(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The trained repository with its bundle at hand. Not to be changed."""
    folder = tmp_path_factory.mktemp("packaged") / "repository"
    shutil.copytree(trained, folder, symlinks=True)
    done = Emel(folder, folder.parent / "home")("package")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Emulator]:
    made = Emulator(tmp_path / "yandex")
    made.state.operation_polls = 1
    yield made
    made.close()


@pytest.fixture
def emel(packaged: Path, tmp_path: Path, emulator: Emulator) -> Emel:
    """The command in a copy of that repository, signed in to the emulator."""
    folder = tmp_path / "repository"
    shutil.copytree(packaged, folder, symlinks=True)
    command = Emel(folder, tmp_path / "home")
    command.env.update(emulator.environment())
    return command


def said(emel: Emel, *arguments: str) -> Any:
    """What a command prints as JSON; nothing but that, and no secret anywhere."""
    done = emel(*arguments, "--to", "yandex", "--json")
    assert done.returncode == 0, done.stderr
    assert emel.env["YC_IAM_TOKEN"] not in done.stdout + done.stderr
    return json.loads(done.stdout)


def asked(example: str, **headers: str) -> tuple[int, Any]:
    """Do what a line of curl says, as curl does: status, and JSON that came."""
    *before, last = example.split(" | ")
    words = shlex.split(last)
    named = dict(word.split(": ") for flag, word in pairwise(words) if flag == "-H")
    body = words[words.index("-d") + 1]
    if body == "@-":
        [first] = before
        got = urllib3.request("GET", shlex.split(first)[2])
        assert got.status == 200
        body = got.data.decode()
    answer = urllib3.request("POST", words[2], body=body, headers={**named, **headers})
    return answer.status, answer.json()


def test_a_model_is_deployed_called_scaled_rolled_back_and_destroyed(emel: Emel, emulator: Emulator) -> None:
    first = said(emel, "deploy", "--yes")
    assert '-H "Authorization: Bearer $(yc iam create-token)"' in first["example"]
    assert emel("test", "--to", "yandex", "--quick").returncode == 0, "private, and called with a token"

    emel.env["EMEL_YANDEX_PUBLIC"] = "true"
    public = said(emel, "deploy")
    assert emel("deploy", "--to", "yandex").stdout.endswith(f"\n{public['example']}\n"), "one line to copy"
    assert len(public["example"]) < 250, "of a model with 30 columns"
    assert first["changed"] and first["url"].startswith(emulator.front.url)
    assert not said(emel, "deploy")["changed"]

    status, answer = asked(public["example"])
    assert (status, answer["predictions"][0] in ("benign", "malignant")) == (200, True)

    emel.env["EMEL_FUNCTION_MEMORY"] = "256"
    second = said(emel, "deploy", "--tag", "mr-1")
    assert second["version"]["number"] == 2
    assert said(emel, "promote", "mr-1")["after"] == 2
    assert said(emel, "rollback")["after"] == 1
    assert said(emel, "scale", "--max", "5", "--provisioned", "1")["after"]["zone_instances"] == 5
    unknown = emel("scale", "--to", "yandex", "--tag", "nope", "--max", "5")
    assert (unknown.returncode, "tags now: mr-1, prod" in unknown.stderr) == (13, True)

    lines = said(emel, "logs", "--limit", "1000")
    assert {line["version"] for line in lines} == {1}
    [counted] = said(emel, "status")
    assert counted["calls"] > 50 and counted["errors"] == 0 and counted["cold_starts"] == 1

    assert said(emel, "destroy", "--yes")["functions"] == ["breast-cancer"]
    assert said(emel, "destroy")["functions"] == []
    assert emulator.state.functions == {}


def test_a_key_of_lockbox_guards_the_function(emel: Emel, emulator: Emulator) -> None:
    emulator.state.secrets["e6qsecret"] = {"key": "hidden"}
    emel.env["EMEL_YANDEX_SECRETS"] = '{ EMEL_API_KEY = "e6qsecret/e6qversion/key" }'
    emel.env["EMEL_YANDEX_PUBLIC"] = "true"
    example = said(emel, "deploy", "--yes")["example"]

    assert '"X-Api-Key: $EMEL_API_KEY"' in example
    assert asked(example)[0] == 401
    assert asked(example, **{"X-Api-Key": "hidden"})[0] == 200


def test_a_gateway_gives_the_model_paths_and_shares_requests(emel: Emel, emulator: Emulator) -> None:
    refused = emel("deploy", "--to", "yandex", "--yes", "--gateway")
    assert refused.returncode == 13 and "could not call the function" in refused.stderr
    assert emulator.state.functions == {}, "nothing was begun"

    file = emel.folder / "emel.toml"
    file.write_text(f'{file.read_text()}\n[yandex.gateway]\nservice_account = "{SERVICE_ACCOUNT}"\n')
    early = emel("deploy", "--to", "yandex", "--yes", "--gateway", "--tag", "next", "--weight", "10")
    assert early.returncode == 13 and "there is no API gateway" in early.stderr
    assert emulator.state.functions == {}, "nor for a share of nothing"
    made = said(emel, "deploy", "--yes", "--gateway")
    gateway, address = made["gateway"]["url"], emulator.gateways.url(made["gateway"]["url"])
    status, answer = asked(made["example"].replace(gateway, address))
    assert (status, answer["predictions"][0] in ("benign", "malignant")) == (200, True)
    contract = urllib3.request("GET", f"{address}/openapi.json").json()
    assert contract["info"]["title"] == "breast-cancer"
    assert emel("test", "--url", address, "--quick").returncode == 0, "every route of the contract"
    assert not said(emel, "deploy", "--gateway")["changed"]

    looked = emel("doctor", "--to", "yandex")
    assert "ok bundle" in " ".join(looked.stdout.split()), "what the newest bundle at hand needs"
    assert looked.stdout.endswith("\nNothing that is to be seen from here keeps a deploy from yandex.\n")
    file.write_text(f'{file.read_text()}payload_format = "0.1"\n')
    older = said(emel, "deploy", "--gateway")
    assert older["changed"] and older["version"]["number"] == 1, "the function stays as it is"
    assert asked(made["example"].replace(gateway, address)) == (status, answer)

    emel.env["EMEL_FUNCTION_MEMORY"] = "256"
    shared = said(emel, "deploy", "--tag", "next", "--gateway", "--weight", "10")
    assert (shared["gateway"]["tag"], shared["gateway"]["canary_tag"]) == ("prod", "next")
    again = emel("deploy", "--to", "yandex", "--gateway", "--weight", "10")
    assert again.returncode == 13 and "--tag next" in again.stderr
    trial = said(emel, "promote", "next", "--weight", "20")
    assert (trial["before"], trial["after"], trial["weight"], trial["url"]) == (1, 2, 20, gateway)
    shown = emel("status", "--to", "yandex").stdout
    assert f"{gateway} → prod, 20 % to emel-canary-prod" in shown and "prod 20 %" in shown
    said(emel, "destroy", "--yes")
    assert emulator.state.functions == emulator.state.gateways == {}


def test_before_a_function_is_made_somebody_has_to_agree(emel: Emel, emulator: Emulator) -> None:
    done = emel("deploy", "--to", "yandex")
    assert done.returncode == 13
    assert "create function breast-cancer" in done.stderr
    assert done.stderr.endswith("hint: say --yes\n")
    assert emulator.state.functions == {}


def test_a_deploy_that_the_kernel_kills_is_completed_by_the_next(
    emel: Emel, emulator: Emulator, tmp_path: Path
) -> None:
    def kill(_: int, name: str) -> None:
        if name.endswith("/CreateVersion"):
            os.kill(child.pid, signal.SIGKILL)
            child.wait()

    emulator.state.on_call = kill
    child = emel.start("deploy", "--to", "yandex", "--yes", output=tmp_path / "output")
    assert child.wait(240) == -signal.SIGKILL
    emulator.state.on_call = None

    assert said(emel, "deploy", "--yes")["version"]["number"] == 1
    [stored] = emulator.state.functions.values()
    [version] = stored.versions
    assert stored.tags == {"$latest": version, "prod": version}
