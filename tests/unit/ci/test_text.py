"""The YAML as text: valid by GitLab's own schema, and the same values for any reader of YAML."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.fakes import gitlab_events as events
from tests.fakes.gitlab_rules import plan

from emel.ci import Spec, as_include, as_pipeline, child_pipeline, component
from emel.ci.layout import Noted, to_yaml

ROOT = Path(__file__).resolve().parents[3]
VARIANTS: dict[str, dict[str, Any]] = {
    "local": {},
    "without-cloud": {"cloud": None, "lock": None},
    "yandex": {"cloud": "yandex", "has_remote": True, "commits_results": True, "runner_tags": ("gpu",)},
    "machine": {"cloud": "yandex", "machine": "aws", "longest": "6h", "sweeps": True, "repeat": 5},
    "spot": {"cloud": None, "machine": "yandex", "spot": True, "longest": "6h", "gitlab": (19, 1)},
    "kubernetes": {"cloud": None, "machine": "kubernetes", "longest": "2h"},
    "aws": {"cloud": "aws", "production": "manual", "schedule": "train", "folder": "churn"},
}


MATRIX = [{"SET_1": ["depth=2", "depth=4"], "SET_2": ["layers=[8,8]", "layers=[8]"]}]
SWEEP_JOBS = {"churn-sweep", "churn-sweep-cells"}
OPTIONS = ["--set", "depth=2,4", "--set", "layers=[8,8],[8]"]


KINDS = {"string": str, "array": list, "boolean": bool, "number": int}


def written(value: object) -> str:
    """An input inside of a text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def filled_in(text: str, **given: Any) -> str:
    """A component's jobs as GitLab has them: each value with the inputs in their places."""
    header, jobs = yaml.safe_load_all(text)
    inputs = header["spec"]["inputs"]
    assert set(given) <= set(inputs)
    values = {name: given.get(name, field.get("default")) for name, field in inputs.items()}
    for name, field in inputs.items():
        assert values[name] is not None, f"input {name} is not given"
        assert isinstance(values[name], KINDS[field["type"]])
        assert values[name] in field.get("options", [values[name]])

    def fill(value: Any) -> Any:
        if isinstance(value, dict):
            return {fill(key): fill(item) for key, item in value.items()}
        if isinstance(value, list):
            return [fill(item) for item in value]
        if not isinstance(value, str):
            return value
        whole = re.fullmatch(r"\$\[\[ inputs\.(\w+) \]\]", value)
        return (
            values[whole[1]]
            if whole
            else re.sub(r"\$\[\[ inputs\.(\w+) \]\]", lambda m: written(values[m[1]]), value)
        )

    return str(yaml.safe_dump(fill(jobs), sort_keys=False))


def test_gitlabs_schema_takes_every_variant(spec: Spec, tmp_path: Path) -> None:
    texts = {name: as_pipeline(spec._replace(**changes)) for name, changes in VARIANTS.items()}
    texts["include"] = as_include(spec._replace(stage="test"))
    texts["component"] = filled_in(
        component(), cloud="aws", runner_tags=["gpu"], prefix="churn-", folder="churn/", machine="spot"
    )
    texts["sweep"] = child_pipeline(spec._replace(**VARIANTS["machine"]), MATRIX, OPTIONS)
    for name, text in texts.items():
        (tmp_path / f"{name}.yml").write_text(text)

    assert checked(*sorted(tmp_path.iterdir())) == ""


def test_gitlabs_schema_refuses_what_is_no_keyword(spec: Spec, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yml"
    broken.write_text(as_pipeline(spec).replace("interruptible: false", "interruptable: false"))

    assert "interruptable" in checked(broken)


def checked(*files: Path) -> str:
    """What check-jsonschema, which carries GitLab's schema, has to say against the files."""
    command = ["check_jsonschema", "--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"]
    done = subprocess.run([sys.executable, "-m", *command, *files], capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.parametrize("name", VARIANTS)
def test_the_pipeline_reads_as_it_did(spec: Spec, name: str, golden: Callable[[str, str], str]) -> None:
    text = as_pipeline(spec._replace(**VARIANTS[name]))

    assert text == golden(f"ci/{name}.yml", text)


def test_the_child_pipeline_of_a_sweep_reads_as_it_did(spec: Spec, golden: Callable[[str, str], str]) -> None:
    on_a_machine = spec._replace(**VARIANTS["machine"], has_remote=True)

    for name, each in {"sweep": spec, "sweep-machine": on_a_machine}.items():
        text = child_pipeline(each, MATRIX, OPTIONS)
        assert text == golden(f"ci/{name}.yml", text)


def test_the_components_paths_lie_in_its_folder() -> None:
    inside = yaml.safe_load(filled_in(component(), cloud="aws", folder="churn/"))

    assert inside["train"]["cache"][1]["paths"] == ["churn/.dvc/cache", "churn/.emel/runs"]
    assert inside["report"]["artifacts"]["paths"] == ["churn/.emel/report/"]
    assert "cd ./churn/" in inside[".emel"]["before_script"]
    assert plan(yaml.safe_dump(inside), events.merge_request(changed=["fraud/train.py"])) is None
    assert plan(yaml.safe_dump(inside), events.merge_request(changed=["churn/train.py"])) is not None


def test_the_component_runs_the_same_jobs_at_the_same_events_as_the_include(spec: Spec) -> None:
    inputs = filled_in(component(), cloud="local", install=spec.install[0])
    own = as_include(spec._replace(stage="test"))
    for event in (events.merge_request(), events.push("main"), events.push("topic"), events.schedule()):
        one, other = plan(inputs, event), plan(own, event)
        assert (one and {n: j.when for n, j in one.jobs.items()}) == (
            other and {n: j.when for n, j in other.jobs.items()}
        )


def test_the_component_does_with_inputs_what_the_pipeline_does_by_emel_toml() -> None:
    inputs = {"dvc_remote": True, "commit_results": True, "repeat": 5, "reuse_results": True}
    jobs = yaml.safe_load(filled_in(component(), cloud="aws", retry=["unknown_failure"], **inputs))

    train, branch = jobs["train"]["script"], '[ "$CI_COMMIT_BRANCH" = "$CI_DEFAULT_BRANCH" ]'
    wanted = 'if [ "true" = "true" ]; then'
    assert train[1].startswith(f"{wanted} dvc pull") and train[-1].startswith(f"{wanted} dvc push")
    assert {f"{wanted} emel ci pull; fi", f"{wanted} emel ci push; fi"} < set(train)
    assert f'if {branch} && [ "5" -gt 1 ]; then emel run --repeat 5; else emel run; fi' in train
    assert 'if [ "true" = "true" ]; then emel ci commit; fi' in jobs["deploy"]["script"]
    assert jobs[".emel"]["retry"]["when"] == ["unknown_failure"]


@pytest.mark.parametrize("wanted", [False, True])
def test_the_component_sweeps_where_its_input_says_so(wanted: bool) -> None:
    text = filled_in(component(), cloud="aws", sweep=wanted, prefix="churn-")
    planned = plan(text, events.merge_request())

    assert planned is not None
    assert {name for name in planned.jobs if "sweep" in name} == (SWEEP_JOBS if wanted else set())
    script = yaml.safe_load(text)["churn-sweep"]["script"]
    assert script == ["emel sweep pipeline --output .emel/sweep.yml --report-job 'churn-report'"]


def test_the_components_jobs_take_a_prefix_everywhere() -> None:
    jobs = yaml.safe_load(filled_in(component(), cloud="aws", prefix="churn-"))

    assert all(name.lstrip(".").startswith("churn-") for name in jobs)
    assert plan(yaml.safe_dump(jobs), events.merge_request()) is not None


def test_the_component_in_the_repository_is_up_to_date() -> None:
    assert (ROOT / "templates" / "emel" / "template.yml").read_text() == component()


def test_no_key_of_a_cloud_stands_in_the_pipeline_where_the_jobs_token_does(spec: Spec) -> None:
    yandex = as_pipeline(spec._replace(cloud="yandex"))
    aws = as_pipeline(spec._replace(cloud="aws"))

    assert "GITLAB_OIDC_TOKEN:\n      aud: $CI_PROJECT_URL" in yandex
    assert "AWS_ID_TOKEN:\n      aud: sts.amazonaws.com" in aws
    # The job that runs the project's own code gets no token for the cloud.
    made = plan(yandex, events.merge_request())
    assert made and "id_tokens" not in made.jobs["train"].config
    assert "id_tokens" in made.jobs["preview"].config


@pytest.mark.parametrize(
    "text",
    ["", "yes", "12", "1.5", "null", "2026-11-22", "a: b", "a #b", "- x", "*", "&x", "[1]", "{a}", "'", '"',
     "\\", "a\nb", "a\tb", " a", "a ", "%x", "@x", "`x`", "!x", "|", ">", "~", "0x10", "$A == \"b\"", "é",
     "\u2028", "echo \"a\" || b", "a:", "?", ".inf", "1e3", "0o7", "=", "<<",
     "0x1f", "0b1", "1e234567", "a\x85b", "a\x00"],
)  # fmt: skip
def test_any_text_comes_back_from_yaml_as_it_was(text: str) -> None:
    again = yaml.safe_load(to_yaml({"key": text, "list": [text], "noted": Noted("why", text)}))

    assert again == {"key": text, "list": [text], "noted": text}


def test_values_come_back_as_they_were() -> None:
    values = {"a": {"b": [{"c": 1, "d": [True]}, "e"], "empty": [], "none": {}}, "f": False}

    assert yaml.safe_load(to_yaml(values)) == json.loads(json.dumps(values))
