"""emel.toml: what is read, what wins, and how each mistake is explained."""

from __future__ import annotations

from pathlib import Path

import pytest

from emel.config import find, load, without_file
from emel.config.load import scalar_keys
from emel.errors import ConfigError

MINIMAL = """[model]
name = "churn"
path = "models/model.joblib"
sample = "data/sample.csv"
"""


@pytest.fixture
def write(tmp_path: Path):
    def write(text: str) -> Path:
        file = tmp_path / "emel.toml"
        file.write_text(text, "utf-8")
        return file

    return write


def test_the_three_required_keys_are_enough(write):
    config = load(write(MINIMAL))

    assert config.model.name == "churn"
    assert config.function.memory == 128
    assert config.compare.base == "main"


def test_gate_tables_become_rules_in_the_order_of_the_file(write):
    config = load(write(MINIMAL + "[gate.recall]\nmin = 0.8\n[gate.accuracy]\nmax_drop = 0.01\n"))

    assert [(rule.metric, rule.min, rule.max_drop) for rule in config.rules()] == [
        ("recall", 0.8, None),
        ("accuracy", None, 0.01),
    ]


def test_a_flag_beats_the_environment_which_beats_the_file(write):
    file = write(MINIMAL + "[function]\nmemory = 256\ntimeout = 5\n")
    env = {"EMEL_FUNCTION_MEMORY": "512", "EMEL_FUNCTION_TIMEOUT": "7.5"}

    config = load(file, env=env, flags={"function.memory": 1024, "local.port": None})

    assert (config.function.memory, config.function.timeout, config.local.port) == (1024, 7.5, 8080)


def test_a_text_value_in_the_environment_needs_no_quotes(write):
    assert load(write(MINIMAL), env={"EMEL_MODEL_TARGET": "diagnosis"}).model.target == "diagnosis"


def test_a_text_value_in_the_environment_may_look_like_a_number(write):
    env = {"EMEL_FUNCTION_PYTHON": "3.12", "EMEL_MODEL_TARGET": "2026", "EMEL_FUNCTION_MEMORY": "256"}

    config = load(write(MINIMAL), env=env)

    assert (config.function.python, config.model.target, config.function.memory) == ("3.12", "2026", 256)


@pytest.mark.parametrize(
    ("extra", "line", "words", "hint"),
    [
        ("[functon]\nmemory = 1\n", 5, "unknown key `functon`", "did you mean `function`?"),
        ("[function]\nmemry = 128\n", 6, "unknown key `function.memry`", "did you mean `memory`?"),
        ("[function]\nmemory = 'big'\n", 6, "`function.memory`: expected `int`, got `str`", "type"),
        ("[function]\nmemory = 200\n", 6, "multiple of 128", "limits"),
        ("[metrics]\nloss = 'down'\n", 6, "`metrics.loss`: invalid enum value 'down'", '"higher", "lower"'),
        ("[gate.accuracy]\nleast = 1\n", 6, "unknown key `gate.accuracy.least`", "min, max, max_drop"),
        ("gate = 3\n", 5, "unknown key `model.gate`", "allowed here: name, path"),
        ("[local]\nport = 70000\n", 6, "`local.port`: expected `int` <= 65535", "limits"),
    ],
)
def test_a_mistake_is_told_with_its_line_its_key_and_what_is_allowed(write, extra, line, words, hint):
    file = write(MINIMAL + extra)

    with pytest.raises(ConfigError) as caught:
        load(file)

    assert caught.value.where == f"{file}:{line}"
    assert words in caught.value.message
    assert hint in (caught.value.hint or "")


def test_a_missing_key_is_named(write):
    with pytest.raises(ConfigError, match=r"`model\.sample` is missing"):
        load(write('[model]\nname = "churn"\npath = "m.joblib"\n'))


def test_broken_toml_is_told_with_line_and_column(write):
    file = write('[model]\nname = "churn\n')

    with pytest.raises(ConfigError) as caught:
        load(file)

    assert caught.value.where == f"{file}:2:14"


def test_a_wrong_value_in_the_environment_names_the_variable(write):
    with pytest.raises(ConfigError) as caught:
        load(write(MINIMAL), env={"EMEL_LOCAL_PORT": "http"})

    assert caught.value.where == "environment variable EMEL_LOCAL_PORT"


def test_a_file_that_is_not_utf8_is_told(tmp_path):
    (tmp_path / "emel.toml").write_bytes(b"\xff\xfe")

    with pytest.raises(ConfigError, match="not UTF-8"):
        load(tmp_path / "emel.toml")


def test_the_file_of_a_folder_above_is_found(write, tmp_path):
    file = write(MINIMAL)
    (tmp_path / "src" / "deep").mkdir(parents=True)

    assert find(tmp_path / "src" / "deep") == file


def test_a_folder_without_the_file_is_told_with_the_least_that_works(tmp_path):
    with pytest.raises(ConfigError) as caught:
        find(tmp_path)

    assert "[model]" in (caught.value.hint or "")


def test_every_table_with_fixed_keys_can_be_set_by_the_environment():
    assert {"model.name", "function.memory", "local.port", "cost.calls_per_month"} <= set(scalar_keys())
    assert "train.machine.cloud" in scalar_keys()


def test_a_table_in_a_table_is_overridden_like_any_other(write):
    file = write(MINIMAL + '[train.machine]\ncloud = "yandex"\ndisk = 50\n')
    config = load(
        file,
        env={"EMEL_TRAIN_MACHINE_MAX_LIFETIME": "90m"},
        flags={"train.machine.cloud": "local", "train.machine.gpu": None},
    )

    assert config.train.machine.cloud == "local"
    assert (config.train.machine.disk, config.train.machine.lifetime_seconds) == (50, 5400)


def test_a_bad_value_in_a_table_in_a_table_names_the_option(write):
    with pytest.raises(ConfigError, match=r"train\.machine\.max_lifetime") as caught:
        load(write(MINIMAL), flags={"train.machine.max_lifetime": "6hours"})

    assert caught.value.where == "option --max-lifetime"


def test_a_size_is_read_as_a_machine(write):
    machine = load(write(MINIMAL + '[train.machine]\ntype = "4cpu16gb"\ngpu = "T4"\n')).train.machine.wanted()
    assert (machine.cpus, machine.memory, machine.native, machine.gpu, machine.gpus) == (4, 16, None, "t4", 1)
    native = load(write(MINIMAL + '[train.machine]\ntype = "m7i.xlarge"\n')).train.machine.wanted()
    assert (native.native, native.cpus, native.gpus) == ("m7i.xlarge", 0, 0)


def test_without_a_file_options_are_enough() -> None:
    flags = {"model.name": "churn", "model.path": "m.pkl", "model.sample": "s.csv", "model.target": None}

    loaded = without_file(flags=flags, env={"EMEL_MODEL_TARGET": "y"})

    assert (loaded.model.name, loaded.model.target) == ("churn", "y")


def test_without_a_file_what_lacks_is_asked_for_by_its_option() -> None:
    with pytest.raises(ConfigError, match=r"`model\.sample` is missing") as caught:
        without_file(flags={"model.name": "churn", "model.path": "m.pkl"})

    assert caught.value.where is None
    assert str(caught.value.hint).startswith("name it by --sample")


YANDEX = """[function]
max_instances = 6
provisioned = 2
[function.scaling]
zone_requests = 20
[yandex]
folder = "b1g"
environment = { REGION = "north" }
secrets = { KEY = "e6q/e6q1/key", ALSO = "e6q/e6q1/also" }
"""


def test_a_tag_scales_as_far_in_each_zone_as_the_function_may_in_all(write):
    policy = load(write(MINIMAL + YANDEX)).scaling_policy()

    assert (policy.zone_instances, policy.zone_requests, policy.provisioned) == (6, 20, 2)


def test_a_limit_of_zones_of_its_own_is_heeded(write):
    text = MINIMAL + YANDEX.replace("zone_requests = 20", "zone_instances = 0")

    assert load(write(text)).scaling_policy().zone_instances == 0


def test_secrets_of_lockbox_are_read_from_their_paths(write):
    settings = load(write(MINIMAL + YANDEX)).yandex_settings()

    assert (settings.folder, settings.environment) == ("b1g", {"REGION": "north"})
    assert [(one.variable, one.id, one.version, one.key) for one in settings.secrets] == [
        ("ALSO", "e6q", "e6q1", "also"),
        ("KEY", "e6q", "e6q1", "key"),
    ]


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('secrets = { A = "no-path" }', "yandex.secrets"),
        ('environment = { 1A = "x" }', "yandex.environment"),
        ("environment = { A = 3 }", "yandex.environment"),
    ],
)
def test_a_wrong_entry_of_a_table_names_the_table_and_its_line(write, line, key):
    file = write(f"{MINIMAL}[yandex]\n{line}\n")

    with pytest.raises(ConfigError, match=f"`{key}`: expected `str`") as problem:
        load(file)
    assert problem.value.where == f"{file}:6"
