from __future__ import annotations

import io
from contextlib import redirect_stdout
from pathlib import Path

import msgspec
import pytest
from rich.console import Console
from tests.fakes import results

from emel import config
from emel.cli.render import estimate as rendered
from emel.errors import ConfigError
from emel.records import Answers, Bundle, Estimate, MountedModel, to_json
from emel.workflows.cost import LINE_BYTES, price, write_cost
from emel.workflows.machine import this_machine
from emel.workflows.project import Project
from emel_runtime import log

MODEL = """
[model]
name = "churn"
path = "model.joblib"
sample = "sample.csv"
"""


def project(folder: Path, more: str = "") -> Project:
    (folder / "emel.toml").write_text(MODEL + more)
    return Project(folder, config.load(folder / "emel.toml"), this_machine())


def bundle(folder: Path, **changed: object) -> Bundle:
    answers = Answers(
        columns=("age", "city"), rows=((41.0, "Perm"),), sample_rows=1, labels=None, predictions=(0.5,),
        probabilities=None,
    )  # fmt: skip
    (folder / "answers.json").write_bytes(to_json(answers))
    return msgspec.structs.replace(results.bundle(), answers=folder / "answers.json", **changed)


def lines(result: Estimate) -> dict[str, str]:
    return {line.what: line.detail for line in result.extras}


def shown(result: Estimate) -> str:
    screen = Console(file=io.StringIO(), width=140)
    screen.print(rendered(result))
    assert isinstance(screen.file, io.StringIO)
    return screen.file.getvalue()


def test_a_function_by_itself_is_billed_for_calls_and_its_log(tmp_path: Path) -> None:
    assert list(lines(price(project(tmp_path), bundle(tmp_path)))) == ["log"]


def test_the_settings_decide_what_is_billed_beside_the_calls(tmp_path: Path) -> None:
    made = project(tmp_path, "[function]\nprovisioned = 2\n")
    mounted = MountedModel(path=tmp_path / "m", name="m", digest="sha256:1", size=160_000_000)

    found = lines(price(made, bundle(tmp_path, mounted=mounted), gateway=True))

    assert found["provisioned instances"] == "2 × 128 MB, waiting all month"
    assert found["object storage"] == "160.0 MB all month"
    assert "API gateway" in found


def test_a_project_with_a_gateway_pays_for_it(tmp_path: Path) -> None:
    made = project(tmp_path, '[yandex.gateway]\nservice_account = "aje"\n')

    assert "API gateway" in lines(price(made, bundle(tmp_path)))


def test_a_zip_that_goes_through_a_bucket_does_not_stay_there(tmp_path: Path) -> None:
    made = project(tmp_path, '[yandex]\nbucket = "models"\n')

    assert "object storage" not in lines(price(made, bundle(tmp_path, zip_bytes=4_000_000)))


def test_recorded_inputs_and_outputs_make_the_log_larger(tmp_path: Path) -> None:
    made = project(tmp_path, "[logging]\npredictions = true\nsample = 0.5\n")
    row = len('{"age":41.0,"city":"Perm"}') + len("0.5")

    found = lines(price(made, bundle(tmp_path)))["log"]

    assert found.endswith(f"{LINE_BYTES + row / 2:,.0f} bytes a call")


def test_the_line_of_a_request_is_as_long_as_the_estimate_takes_it() -> None:
    written = io.StringIO()
    with redirect_stdout(written):
        log.write(method="POST", path="/predict", status=200, rows=1, latency_ms=12.345, cold=False,
                  request_id="0" * 36, version="v1.12.0")  # fmt: skip

    assert LINE_BYTES * 0.75 <= len(written.getvalue()) <= LINE_BYTES


def test_the_output_names_the_cheapest_class_machines_and_the_other_cloud(tmp_path: Path) -> None:
    told = shown(price(project(tmp_path), bundle(tmp_path)))

    for part in ("cheapest", "preemptible", "on AWS", "in all", "1,024 MB"):
        assert part in told


def test_a_class_that_does_not_hold_the_function_is_said_to_be_so(tmp_path: Path) -> None:
    cold = msgspec.structs.replace(results.bundle().cold_start, peak_rss_bytes=300 * 2**20)

    told = shown(price(project(tmp_path), bundle(tmp_path, cold_start=cold)))

    assert "the process held 300 MB" in told
    assert "emel cost --memory 384" in told


@pytest.mark.parametrize(("name", "start"), [("cost.png", b"\x89PNG"), ("cost.html", b"<!")])
def test_it_is_drawn_as_a_picture_or_a_page(tmp_path: Path, name: str, start: bytes) -> None:
    made = project(tmp_path)

    write_cost(made, price(made, bundle(tmp_path), gateway=True), tmp_path / "out" / name)

    assert (tmp_path / "out" / name).read_bytes().lstrip().startswith(start)


def test_a_file_of_another_kind_is_refused_and_not_written(tmp_path: Path) -> None:
    made = project(tmp_path)

    with pytest.raises(ConfigError, match=r"cost\.svg is neither"):
        write_cost(made, price(made, bundle(tmp_path)), tmp_path / "cost.svg")

    assert not (tmp_path / "cost.svg").exists()


def test_a_machine_that_is_always_cheaper_is_said_to_be_so(tmp_path: Path) -> None:
    made = project(tmp_path, "[function]\nmemory = 8192\nprovisioned = 5\n")

    assert "cheaper at any number of calls" in shown(price(made, bundle(tmp_path)))
