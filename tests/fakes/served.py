"""A real bundle of mixed columns, and the ways in which a browser reaches it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import joblib
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from tests.fakes.titanic import passengers

from emel import bundle, localcloud, models
from emel.localcloud import Store
from emel.records import BuiltZip, FunctionSettings
from emel.system.process import SystemProcess
from emel_runtime.app import App

COLUMNS = ["sex", "embarked", "pclass", "age", "fare"]


def titanic_bundle(folder: Path) -> BuiltZip:
    """A logistic regression over strings and numbers, with gaps in age, fare and embarked, as a zip."""
    frame = passengers()
    rows = frame[COLUMNS].astype({"pclass": int})
    model = make_pipeline(
        make_column_transformer(
            (make_pipeline(SimpleImputer(), StandardScaler()), ["pclass", "age", "fare"]),
            (OneHotEncoder(handle_unknown="ignore"), ["sex", "embarked"]),
        ),
        LogisticRegression(max_iter=500),
    )
    model.fit(rows, frame["survived"].map({0: "lost", 1: "survived"}))
    joblib.dump(model, folder / "model.joblib")
    rows.sample(200, random_state=0).to_csv(folder / "sample.csv", index=False)
    artifact = models.prepare(
        name="titanic",
        model=folder / "model.joblib",
        sample=folder / "sample.csv",
        target=None,
        tier="pure",
        workdir=folder,
        process=SystemProcess(),
    )
    return bundle.build(
        artifact, version="v1.0.0", commit=None, output=folder / "titanic.zip", process=SystemProcess()
    )


@contextmanager
def on_the_local_platform(zip_path: Path, folder: Path) -> Iterator[str]:
    """The address of the bundle's tag `prod` on a platform of its own."""
    store = Store(folder / "store")
    version = store.create_version(
        "titanic", zip_path, model_version="v1.0.0", commit=None, settings=FunctionSettings()
    )
    store.set_tag("titanic", "prod", version.number)
    with localcloud.running_alone(store) as platform:
        yield f"{platform.url}/titanic/prod"


@contextmanager
def without_paths(root: Path) -> Iterator[str]:
    """The address of an unpacked bundle behind events that have no path, as Yandex Cloud Functions sends."""
    app = App(str(root))

    class Front(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            event = {
                "httpMethod": self.command,
                "headers": dict(self.headers),
                "queryStringParameters": dict(parse_qsl(urlsplit(self.path).query)),
                "body": self.rfile.read(size).decode(),
                "isBase64Encoded": False,
            }
            reply = app.handle(event, None)
            self.send_response(reply["statusCode"])
            for name, value in reply["headers"].items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply["body"].encode())

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Front) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/d4e0000?tag=prod&route=/"
        finally:
            server.shutdown()
            thread.join()
