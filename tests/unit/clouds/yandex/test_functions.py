"""What a version of a function is made of, and how its bundle gets there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.fakes.bundles import ECHO, TRIVIAL, bundle_record, write_bundle
from tests.fakes.yandex import Emulator
from tests.fakes.yandex.client import emulated
from tests.fakes.yandex.state import FOLDER, LOG_GROUP, SERVICE_ACCOUNT

from emel.clouds.yandex.runtimes import choose_runtime
from emel.errors import DeployError
from emel.records import Bundle, FunctionSettings, LockboxSecret

SETTINGS = FunctionSettings(memory=256, timeout=12.5)
RUNTIMES = ["nodejs22", "python37", "python311", "python312", "python314", "python315"]


def only_version(emulator: Emulator) -> Any:
    [stored] = emulator.state.functions.values()
    return list(stored.versions.values())[-1].proto


def test_a_version_has_all_that_the_project_asks_for(emulator: Emulator, bundle: Bundle) -> None:
    emulator.state.secrets["e6qsecret"] = {"api-key": "hidden"}
    cloud = emulated(
        emulator,
        service_account=SERVICE_ACCOUNT,
        environment={"REGION": "north"},
        secrets=(LockboxSecret(variable="EMEL_API_KEY", id="e6qsecret", version="e6q1", key="api-key"),),
        log_group=LOG_GROUP,
        min_log_level="warn",
    )
    cloud.functions.create_version("demo", bundle, SETTINGS)

    made = only_version(emulator)
    assert (made.resources.memory, made.execution_timeout.ToNanoseconds()) == (256 * 2**20, 12_500_000_000)
    assert (made.entrypoint, made.runtime, made.service_account_id) == (
        "handler.yandex",
        "python314",
        SERVICE_ACCOUNT,
    )
    assert dict(made.environment) == {"REGION": "north"}
    assert [(one.environment_variable, one.id, one.key) for one in made.secrets] == [
        ("EMEL_API_KEY", "e6qsecret", "api-key")
    ]
    assert (made.log_options.log_group_id, made.log_options.min_level) == (LOG_GROUP, 4)
    assert bundle.digest in made.description and f"commit={bundle.commit}" in made.description


def test_other_settings_take_the_code_of_the_version_before(emulator: Emulator, large_bundle: Bundle) -> None:
    functions = emulated(emulator).functions
    functions.create_version("demo", large_bundle, SETTINGS)
    sent = emulator.state.bytes_in
    functions.create_version("demo", large_bundle, FunctionSettings(memory=512))
    assert emulator.state.bytes_in - sent < 10_000


@pytest.mark.parametrize(
    "changed", [{"environment": {"A": "1"}}, {"service_account": SERVICE_ACCOUNT}, {"min_log_level": "warn"}]
)
def test_another_surrounding_is_another_version(
    emulator: Emulator, bundle: Bundle, changed: dict[str, Any]
) -> None:
    emulated(emulator).functions.create_version("demo", bundle, SETTINGS)
    assert emulated(emulator, **changed).functions.find_version("demo", bundle.digest, SETTINGS) is None


def test_scaling_alone_is_no_other_version(emulator: Emulator, bundle: Bundle) -> None:
    functions = emulated(emulator).functions
    made = functions.create_version("demo", bundle, SETTINGS)
    more = msgspec.structs.replace(SETTINGS, max_instances=9, provisioned=1)
    assert functions.find_version("demo", bundle.digest, more) == made


def test_a_large_bundle_goes_through_the_bucket_and_leaves_nothing_there(
    emulator: Emulator, large_bundle: Bundle
) -> None:
    told: list[str] = []
    functions = emulated(emulator, tell=told.append).functions
    functions.create_version("demo", large_bundle, SETTINGS)
    assert emulator.storage.keys() == [
        f"emel/{FOLDER}/demo/{large_bundle.digest.removeprefix('sha256:')}.zip"
    ]
    functions.clean_up(large_bundle)
    assert emulator.storage.keys() == []
    assert told == ["creating function demo", "uploading the bundle, 100%", "creating version 1"]


def test_parts_that_a_broken_upload_has_sent_are_not_sent_again(
    emulator: Emulator, bundle_of_two_parts: Bundle
) -> None:
    def stop(text: str) -> None:
        if "100%" in text:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        emulated(emulator, tell=stop).functions.create_version("demo", bundle_of_two_parts, SETTINGS)
    assert emulator.storage.uploads() == 1
    emulator.state.calls.clear()
    emulated(emulator).functions.create_version("demo", bundle_of_two_parts, SETTINGS)
    assert emulator.state.calls.count("s3 PUT") == 1
    assert emulator.storage.uploads() == 0


def test_an_object_that_was_changed_on_its_way_makes_no_version(
    emulator: Emulator, large_bundle: Bundle
) -> None:
    functions = emulated(emulator).functions
    honest = emulator.storage.get
    emulator.functions.get_object = lambda bucket, name: (honest(bucket, name) or b"") + b"!"
    with pytest.raises(DeployError, match="SHA256 of the package does not match"):
        functions.create_version("demo", large_bundle, SETTINGS)


def test_without_a_bucket_a_large_bundle_names_what_to_set(emulator: Emulator, large_bundle: Bundle) -> None:
    with pytest.raises(DeployError, match="MB go without a bucket") as problem:
        emulated(emulator, bucket=None).functions.create_version("demo", large_bundle, SETTINGS)
    assert "[yandex] bucket" in str(problem.value.hint)


def test_a_bucket_that_may_not_be_written_names_the_role(emulator: Emulator, large_bundle: Bundle) -> None:
    emulator.state.roles.discard("storage.editor")
    with pytest.raises(DeployError) as problem:
        emulated(emulator).functions.create_version("demo", large_bundle, SETTINGS)
    assert "storage.editor" in str(problem.value.hint)


def test_an_environment_that_is_too_large_is_refused_before_anything_is_made(
    emulator: Emulator, bundle: Bundle
) -> None:
    cloud = emulated(emulator, environment={"A": "я" * 2000, "B": "y" * 95})
    for refusing in (cloud.check, lambda each: cloud.functions.create_version("demo", each, SETTINGS)):
        with pytest.raises(DeployError, match="has 4,097 bytes"):
            refusing(bundle)
    assert emulator.state.calls == []
    emulated(emulator, environment={"A": "я" * 2000, "B": "y" * 94}).check(bundle)


def test_lists_of_many_pages_are_read_to_their_end(emulator: Emulator, tmp_path: Path) -> None:
    emulator.state.page_limit = 1
    functions = emulated(emulator).functions
    for code in (ECHO, TRIVIAL):
        functions.create_version("demo", bundle_record(write_bundle(tmp_path, code)), SETTINGS)
    for number in (1, 2, 1):
        functions.set_tag("demo", "prod", number)
    functions.create_version("other", bundle_record(write_bundle(tmp_path, ECHO)), SETTINGS)

    assert functions.names() == ["demo", "other"]
    assert [version.number for version in functions.versions("demo")] == [1, 2]
    assert list(functions.tag_history("demo", "prod")) == [1, 2, 1]


def test_two_versions_that_took_the_same_number_are_told_apart(emulator: Emulator, tmp_path: Path) -> None:
    functions = emulated(emulator).functions
    for code in (ECHO, TRIVIAL):
        functions.create_version("demo", bundle_record(write_bundle(tmp_path, code)), SETTINGS)
    made = only_version(emulator)
    made.description = made.description.replace("number=2", "number=1")
    assert [version.number for version in functions.versions("demo")] == [1, 2]


def test_versions_that_emel_did_not_make_are_left_out(emulator: Emulator, bundle: Bundle) -> None:
    functions = emulated(emulator).functions
    functions.create_version("demo", bundle, SETTINGS)
    only_version(emulator).description = "made by hand"
    assert list(functions.versions("demo")) == []


@pytest.mark.parametrize(
    ("bytecode", "runtime"), [((), "python314"), (("3.11", "3.12"), "python312"), (("3.15",), "python314")]
)
def test_the_runtime_is_the_newest_that_has_compiled_modules(
    bundle: Bundle, bytecode: tuple[str, ...], runtime: str
) -> None:
    assert choose_runtime(RUNTIMES, msgspec.structs.replace(bundle, bytecode=bytecode)) == runtime


def test_a_bundle_with_libraries_runs_under_their_python_alone(bundle: Bundle) -> None:
    bound = msgspec.structs.replace(bundle, tier="onnx", python="3.13")
    with pytest.raises(DeployError, match="no Python that the bundle can run under") as problem:
        choose_runtime(RUNTIMES, bound)
    assert "package again" in str(problem.value.hint)


def test_libraries_run_under_the_python_that_they_are_for(bundle: Bundle) -> None:
    bound = msgspec.structs.replace(bundle, tier="onnx", python="3.12", bytecode=())

    assert choose_runtime(RUNTIMES, bound) == "python312"


def test_what_broken_uploads_left_long_ago_is_removed(emulator: Emulator, large_bundle: Bundle) -> None:
    class Tomorrow:
        def now(self) -> datetime:
            return datetime.now(UTC) + timedelta(days=2)

        def monotonic(self) -> float:
            return 0.0

        def sleep(self, seconds: float) -> None:
            pass

    functions = emulated(emulator).functions
    functions.create_version("demo", large_bundle, SETTINGS)
    other = msgspec.structs.replace(large_bundle, digest="sha256:" + "0" * 64)
    functions.clean_up(other)
    assert len(emulator.storage.keys()) == 1, "it is another deploy's, and young"
    emulated(emulator, clock=Tomorrow()).functions.clean_up(other)
    assert emulator.storage.keys() == []
