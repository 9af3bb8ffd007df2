"""The model servers that bench/serve.py sets beside emel: what each is made of, and how it is started."""

from __future__ import annotations

from typing import NamedTuple


class Peer(NamedTuple):
    """A way to serve the forest of bench/serve.py over HTTP.

    `packages` go into a virtual environment named `venv`. `code` is the content of app.py beside the model
    (model.joblib, model.onnx). `command` is run there; `{bin}` is the environment's programs, `{port}` where
    to listen. `prepare` is a program that is run once before.
    """

    name: str
    kind: str
    """What computes: sklearn, onnxruntime, or nothing."""
    venv: str
    packages: tuple[str, ...]
    code: str
    command: tuple[str, ...]
    path: str = "/predict"
    prepare: str = ""


SKLEARN = ("scikit-learn=={sklearn}", "joblib")

CONSTANT = """
async def app(scope, proto):
    await proto()
    proto.response_bytes(200, [("content-type", "application/json")], b'{"predictions": ["B"]}')
"""

FASTAPI_SKLEARN = """
import joblib, numpy
from fastapi import Body, FastAPI
model = joblib.load("model.joblib")
app = FastAPI()

@app.post("/predict")
async def predict(body: dict = Body()):
    return {"predictions": model.predict(numpy.array(body["instances"])).tolist()}
"""

FASTAPI_ONNX = """
import numpy, onnxruntime
from fastapi import Body, FastAPI
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession("model.onnx", options)
app = FastAPI()

@app.post("/predict")
async def predict(body: dict = Body()):
    rows = numpy.array(body["instances"], dtype=numpy.float32)
    return {"predictions": session.run(["label"], {"X": rows})[0].tolist()}
"""

LITSERVE = """
import sys
import joblib, litserve, numpy

class Forest(litserve.LitAPI):
    def setup(self, device):
        self.model = joblib.load("model.joblib")

    def decode_request(self, request):
        return numpy.array(request["instances"])

    def predict(self, x):
        return self.model.predict(x).tolist()

    def encode_response(self, output):
        return {"predictions": output}

if __name__ == "__main__":
    server = litserve.LitServer(Forest(), accelerator="cpu")
    server.run(host="127.0.0.1", port=int(sys.argv[1]), generate_client_file=False, log_level="error")
"""

BENTOML = """
import bentoml, joblib, numpy

@bentoml.service(workers=1)
class Forest:
    def __init__(self):
        self.model = joblib.load("model.joblib")

    @bentoml.api
    def predict(self, instances: list[list[float]]) -> dict:
        return {"predictions": self.model.predict(numpy.array(instances)).tolist()}
"""

MLFLOW = """
import joblib, mlflow.sklearn
# Its default refuses a forest: «untrusted types».
mlflow.sklearn.save_model(
    joblib.load("model.joblib"), "mlflow-model", serialization_format="cloudpickle", pip_requirements=[]
)
"""

FUNCTIONS = """
import functions_framework, joblib, numpy
model = joblib.load("model.joblib")

@functions_framework.http
def predict(request):
    rows = numpy.array(request.get_json()["instances"])
    return {"predictions": model.predict(rows).tolist()}
"""

UVICORN = ("{bin}/uvicorn", "app:app", "--port", "{port}", "--no-access-log", "--log-level", "error")

PEERS = (
    Peer(
        "granian, a constant",
        "nothing",
        "granian",
        ("granian",),
        CONSTANT,
        ("{bin}/granian", "--interface", "rsgi", "--no-ws", "--port", "{port}", "app:app"),
    ),
    Peer(
        "FastAPI + uvicorn[standard], onnxruntime",
        "onnxruntime",
        "fastapi-standard",
        ("fastapi", "uvicorn[standard]", "onnxruntime", "numpy"),
        FASTAPI_ONNX,
        UVICORN,
    ),
    Peer(
        "FastAPI + uvicorn, onnxruntime",
        "onnxruntime",
        "fastapi",
        ("fastapi", "uvicorn", "onnxruntime", "numpy", *SKLEARN),
        FASTAPI_ONNX,
        UVICORN,
    ),
    Peer(
        "FastAPI + uvicorn, scikit-learn",
        "sklearn",
        "fastapi",
        ("fastapi", "uvicorn", "onnxruntime", "numpy", *SKLEARN),
        FASTAPI_SKLEARN,
        UVICORN,
    ),
    Peer(
        "LitServe, scikit-learn",
        "sklearn",
        "litserve",
        ("litserve", *SKLEARN),
        LITSERVE,
        ("{bin}/python", "app.py", "{port}"),
    ),
    Peer(
        "BentoML, scikit-learn",
        "sklearn",
        "bentoml",
        ("bentoml", *SKLEARN),
        BENTOML,
        ("{bin}/bentoml", "serve", "app:Forest", "--port", "{port}"),
    ),
    Peer(
        "mlflow models serve, scikit-learn",
        "sklearn",
        "mlflow",
        ("mlflow", "scikit-learn=={sklearn}"),
        "",
        ("{bin}/mlflow", "models", "serve", "-m", "mlflow-model", "-p", "{port}", "--env-manager", "local"),
        path="/invocations",
        prepare=MLFLOW,
    ),
    Peer(
        "functions-framework, scikit-learn",
        "sklearn",
        "functions-framework",
        ("functions-framework", *SKLEARN),
        FUNCTIONS,
        ("{bin}/functions-framework", "--target", "predict", "--source", "app.py", "--host", "127.0.0.1",
         "--port", "{port}"),
        path="/",
    ),
)  # fmt: skip
