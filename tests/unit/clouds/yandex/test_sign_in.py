"""Five ways to a token; none of them says a secret to anyone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.fakes.clocks import HastyClock
from tests.fakes.yandex import Emulator
from tests.fakes.yandex.answering import Answer, AnsweringServer
from tests.fakes.yandex.client import emulated
from tests.fakes.yandex.state import SERVICE_ACCOUNT

from emel.clouds.yandex.sign_in import SignIn, Token
from emel.errors import DeployError
from emel.system.http import SystemHttp
from emel.system.process import Completed

JOB = "eyJhbGciOiJSUzI1NiJ9.job.token"


class Programs:
    """`yc` as it ends, or no program at all."""

    def __init__(self, ended: Completed | None = None) -> None:
        self.ended = ended
        self.commands: list[Sequence[str | Path]] = []

    def run(self, command: Sequence[str | Path], **_: Any) -> Completed:
        self.commands.append(command)
        if self.ended is None:
            raise FileNotFoundError("yc")
        return self.ended


def signed_in(
    env: Mapping[str, str], emulator: Emulator, programs: Programs | None = None, clock: Any = None
) -> SignIn:
    return SignIn(
        env=env,
        http=SystemHttp(),
        process=programs or Programs(),
        clock=clock or HastyClock(),
        api_host="localhost",
        token_endpoint=f"http://{emulator.sign_in.address}/oauth/token",
    )


def no_exchange(claim: str) -> Token:
    raise AssertionError("no claim is signed in this way")


def test_a_key_file_is_exchanged_once_for_a_token_that_all_calls_share(emulator: Emulator) -> None:
    cloud = emulated(emulator, env={"YC_SERVICE_ACCOUNT_KEY_FILE": str(emulator.key_file())})
    for _ in range(3):
        cloud.functions.names()
    exchanges = [call for call in emulator.state.calls if "IamTokenService" in call]
    assert len(exchanges) == 1


def test_a_token_is_asked_for_again_a_while_before_it_expires(emulator: Emulator) -> None:
    clock = HastyClock()
    sign_in = signed_in({"YC_METADATA_ADDR": emulator.sign_in.address}, emulator, clock=clock)
    first = sign_in.token(no_exchange)
    # Five minutes before the end, and one more for a machine that is busy with other things.
    clock.sleep(43200 - 300 - 60)
    assert sign_in.token(no_exchange) == first
    clock.sleep(61)
    assert sign_in.token(no_exchange) != first


def test_a_job_of_gitlab_trades_its_token_for_one_of_the_service_account(emulator: Emulator) -> None:
    emulator.sign_in.subjects[JOB] = SERVICE_ACCOUNT
    env = {"GITLAB_OIDC_TOKEN": JOB, "YC_SERVICE_ACCOUNT_ID": SERVICE_ACCOUNT}
    cloud = emulated(emulator, env=env)
    assert list(cloud.functions.names()) == []


def test_a_job_without_a_federated_credential_hears_the_clouds_own_words(emulator: Emulator) -> None:
    sign_in = signed_in({"GITLAB_OIDC_TOKEN": JOB, "YC_SERVICE_ACCOUNT_ID": "aje"}, emulator)
    with pytest.raises(DeployError, match="invalid_target: no federated credential matches") as problem:
        sign_in.token(no_exchange)
    assert JOB not in str(problem.value) + str(problem.value.hint)


def test_a_job_without_a_service_account_says_which_variable_is_missing(emulator: Emulator) -> None:
    with pytest.raises(DeployError, match="YC_SERVICE_ACCOUNT_ID is not"):
        signed_in({"GITLAB_OIDC_TOKEN": JOB}, emulator).token(no_exchange)


def test_yc_is_asked_where_nothing_else_is_given(emulator: Emulator) -> None:
    programs = Programs(Completed(0, "t1.of-yc\n", ""))
    assert signed_in({}, emulator, programs).token(no_exchange) == "t1.of-yc"
    assert programs.commands == [["yc", "iam", "create-token"]]


def test_what_yc_complains_of_is_told(emulator: Emulator) -> None:
    programs = Programs(Completed(1, "", "ERROR: You have to initialize your configuration"))
    with pytest.raises(DeployError, match="You have to initialize"):
        signed_in({}, emulator, programs).token(no_exchange)


def test_nobody_signed_in_is_an_error_that_names_the_ways(emulator: Emulator) -> None:
    # Port 9 of loopback is closed: no metadata service.
    with pytest.raises(DeployError, match="nobody is signed in") as problem:
        signed_in({"YC_METADATA_ADDR": "127.0.0.1:9"}, emulator).token(no_exchange)
    assert "YC_SERVICE_ACCOUNT_KEY_FILE" in str(problem.value.hint)


@pytest.mark.parametrize(
    "content",
    [
        "not json",
        '{"id": "aje"}',
        json.dumps({"id": "a", "service_account_id": "b", "private_key": "PRIVATE"}),
    ],
)
def test_a_key_file_that_is_none_is_named_and_not_quoted(
    emulator: Emulator, tmp_path: Path, content: str
) -> None:
    file = tmp_path / "key.json"
    file.write_text(content)
    with pytest.raises(DeployError) as problem:
        signed_in({"YC_SERVICE_ACCOUNT_KEY_FILE": str(file)}, emulator).token(no_exchange)
    assert problem.value.where == str(file)
    assert "PRIVATE" not in problem.value.message
    assert problem.value.__cause__ is None


def test_a_key_that_the_cloud_does_not_know_is_refused(emulator: Emulator) -> None:
    env = {"YC_SERVICE_ACCOUNT_KEY_FILE": str(emulator.key_file())}
    emulator.state.keys.clear()
    with pytest.raises(DeployError, match="the key was not accepted") as problem:
        emulated(emulator, env=env).functions.names()
    assert "yc iam key list" in str(problem.value.hint)


def test_a_claim_of_a_clock_that_is_off_points_at_the_clock(emulator: Emulator) -> None:
    class Ahead(HastyClock):
        def now(self) -> datetime:
            return datetime.now(UTC) + timedelta(minutes=10)

    env = {"YC_SERVICE_ACCOUNT_KEY_FILE": str(emulator.key_file())}
    with pytest.raises(DeployError, match="not yet valid") as problem:
        emulated(emulator, env=env, clock=Ahead()).functions.names()
    assert "this machine's clock" in str(problem.value.hint)


def test_a_metadata_service_without_a_token_is_nobody_signed_in(emulator: Emulator) -> None:
    # As that of another cloud, or of a machine without a service account.
    nothing = AnsweringServer(lambda *_: Answer(404, [], b""))
    env = {"YC_METADATA_ADDR": nothing.url.removeprefix("http://")}
    try:
        with pytest.raises(DeployError, match=r"nobody is signed in.*gives no token \(status 404\)"):
            signed_in(env, emulator).token(no_exchange)
    finally:
        nothing.close()


def test_a_token_of_the_environment_that_has_expired_is_an_error(emulator: Emulator) -> None:
    with pytest.raises(DeployError, match="the sign-in was not accepted"):
        emulated(emulator, env={"YC_IAM_TOKEN": "t1.old"}).functions.names()
