"""A real bundle of mixed columns, and the ways in which a browser reaches it."""

from __future__ import annotations

import os
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import joblib
import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_iris
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier
from tests.fakes.titanic import passengers

from emel import bundle, localcloud, models
from emel.localcloud import Store
from emel.records import BuiltZip, FunctionSettings, Serving
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
    return _packaged("titanic", model, rows.sample(200, random_state=0), folder)


def two_targets_bundle(folder: Path) -> BuiltZip:
    """A tree that says of a flower its kind and its size, with rows of the sample for the page."""
    flowers = load_iris(as_frame=True)
    rows = flowers.data.rename(columns=lambda name: name.removesuffix(" (cm)"))
    kinds = flowers.target.map(dict(enumerate(flowers.target_names)))
    sizes = (rows["petal length"] > 4).map({False: "small", True: "large"})
    model = DecisionTreeClassifier(max_depth=3, random_state=0).fit(rows, np.column_stack([kinds, sizes]))
    return _packaged("flowers", model, rows, folder, examples=3)


def _packaged(name: str, model: object, sample: pd.DataFrame, folder: Path, *, examples: int = 0) -> BuiltZip:
    joblib.dump(model, folder / "model.joblib")
    sample.to_csv(folder / "sample.csv", index=False)
    artifact = models.prepare(
        name=name,
        model=folder / "model.joblib",
        sample=folder / "sample.csv",
        target=None,
        tier="pure",
        workdir=folder,
        process=SystemProcess(),
    )
    return bundle.build(
        artifact,
        version="v1.0.0",
        commit=None,
        output=folder / f"{name}.zip",
        process=SystemProcess(),
        serving=Serving(examples=examples),
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
def without_paths(root: Path, key: str = "") -> Iterator[str]:
    """The address of an unpacked bundle behind events that have no path, as Yandex Cloud Functions sends.

    With a `key`, its requests for predictions must bring it.
    """
    os.environ["EMEL_API_KEY"] = key
    try:
        app = App(str(root))
    finally:
        del os.environ["EMEL_API_KEY"]

    class Front(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            encoded = not self.headers.get("Content-Type", "").startswith("application/json")
            event = {
                "httpMethod": self.command,
                "headers": dict(self.headers),
                "queryStringParameters": dict(parse_qsl(urlsplit(self.path).query)),
                "body": b64encode(body).decode() if encoded else body.decode("utf-8", "replace"),
                "isBase64Encoded": encoded,
            }
            reply = app.handle(event, None)
            self.send_response(reply["statusCode"])
            for name, value in reply["headers"].items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply["body"].encode())))
            self.end_headers()
            self.wfile.write(reply["body"].encode())

        def __getattr__(self, name: str) -> Callable[[], None]:
            if name.startswith("do_"):
                return self.do_GET
            raise AttributeError(name)

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
