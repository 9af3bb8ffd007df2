"""What goes wrong for people: each with a clear error, its exit code, and nothing lost."""

from __future__ import annotations

import http.server
import socket
import threading

import pytest
from tests.fakes.command import Emel

pytestmark = pytest.mark.slow


def change(emel: Emel, name: str, old: str, new: str) -> None:
    path = emel.folder / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def refused(emel: Emel, *arguments: str, exit_code: int) -> str:
    done = emel(*arguments)
    assert done.returncode == exit_code, done.stderr
    assert "Traceback" not in done.stderr.replace("  Traceback", "")
    assert "\nhint: " in done.stderr
    return done.stderr[done.stderr.index("error: ") :]


def test_a_stage_that_fails_is_named_and_its_own_words_are_shown(emel):
    change(emel, "src/train.py", "model.fit(", "raise SystemExit('no memory left')\nmodel.fit(")

    done = emel("run")

    assert done.returncode == 5
    assert "no memory left" in done.stderr
    assert "stage `train` failed" in done.stderr


def test_a_metrics_file_that_is_missing_is_named(emel):
    (emel.folder / "metrics.json").unlink()

    assert "metrics.json" in refused(emel, "compare", exit_code=6)


def test_a_metrics_file_that_is_not_json_is_named(emel):
    (emel.folder / "metrics.json").write_text("accuracy is good")

    assert "metrics.json" in refused(emel, "compare", exit_code=6)


def test_a_model_file_that_is_missing_is_named(emel):
    change(emel, "emel.toml", "models/model.joblib", "models/absent.joblib")

    assert "models/absent.joblib" in refused(emel, "package", exit_code=8)


def test_a_model_file_that_is_something_else_is_told(emel):
    change(emel, "emel.toml", 'path = "models/model.joblib"', 'path = "README.md"')

    assert "README.md" in refused(emel, "package", exit_code=8)


def test_a_sample_that_is_missing_is_named(emel):
    change(emel, "emel.toml", "data/test.csv", "data/absent.csv")

    assert "data/absent.csv" in refused(emel, "package", exit_code=9)


def test_a_sample_with_other_columns_is_told_which(emel):
    lines = (emel.folder / "data/test.csv").read_text().splitlines()
    (emel.folder / "sample.csv").write_text("\n".join(line.split(",", 1)[1] for line in lines))
    first = lines[0].split(",")[0]
    change(emel, "emel.toml", "data/test.csv", "sample.csv")

    assert first in refused(emel, "package", exit_code=9)


def test_a_model_that_the_chosen_tier_cannot_hold_is_named(emel):
    change(
        emel,
        "src/train.py",
        'make_pipeline(StandardScaler(), LogisticRegression(**params["logistic_regression"]))',
        "__import__('sklearn.gaussian_process').gaussian_process.GaussianProcessClassifier()",
    )
    emel("run")

    # Not `auto`: whether the python tier takes the model depends on a way to the package registry.
    error = refused(emel, "package", "--tier", "pure", exit_code=8)

    assert "GaussianProcessClassifier" in error
    assert not list((emel.folder / ".emel/bundles").glob("*"))


def test_a_port_that_is_taken_is_told_with_a_way_out(emel):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        error = refused(emel, "serve", "--port", str(port), exit_code=12)

    assert str(port) in error
    assert "--port 0" in error


def test_an_unknown_revision_is_told(emel):
    assert "unknown revision: v9" in refused(emel, "compare", "--rev", "v9", exit_code=4)


def test_a_tag_that_is_not_deployed_is_told_with_those_that_are(emel):
    assert "has no tag `prod`" in refused(emel, "test", exit_code=13)


def test_an_endpoint_that_is_not_there_is_told(emel):
    assert "http://127.0.0.1:9" in refused(emel, "test", "--url", "http://127.0.0.1:9/x", exit_code=14)


def test_an_endpoint_that_answers_nonsense_fails_its_test(emel):
    class Nonsense(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>hello</html>")

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Nonsense) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        done = emel("test", "--url", f"http://127.0.0.1:{server.server_port}")
        server.shutdown()

    assert done.returncode == 14
    assert "FAILED" in done.stdout


def test_registering_results_that_are_not_committed_is_refused(emel):
    change(emel, "params.yaml", "C: 1.0", "C: 2.0")

    assert "params.yaml" in refused(emel, "model", "register", exit_code=4)


def test_a_tag_that_no_cloud_would_take_is_refused_before_anything_is_built(emel):
    assert "'Bad/Tag' cannot be a tag" in refused(emel, "deploy", "--tag", "Bad/Tag", exit_code=13)
    assert not (emel.folder / ".emel" / "bundles").exists()


def test_a_folder_that_cannot_be_written_is_told(emel):
    assert "/proc/" in refused(emel, "report", "--output", "/proc/report", exit_code=1)


def test_a_cloud_that_is_not_there_is_told_with_those_that_are(emel):
    assert "local" in refused(emel, "deploy", "--to", "nimbus", exit_code=13)
