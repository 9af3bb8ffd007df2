"""The Open Inference Protocol, version 2, over REST, without its binary extension.

A model takes a tensor for each column, named as the column, of shape [rows] or [rows, 1]; or one tensor of
numbers or texts of any other name, of shape [rows, columns]. It gives `predictions`, and `probabilities` of
shape [rows, labels] where it has them. Source: github.com/kserve/open-inference-protocol,
specification/protocol/inference_rest.md and open_inference_rest.yaml.
"""

from __future__ import annotations

from emel_runtime.contract import LONGEST_PATH, Refusal, Response
from emel_runtime.lean import dumps
from emel_runtime.protocols import answered, body_of, described, key_of, short, unfit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from emel_runtime.app import App
    from emel_runtime.contract import Request
    from emel_runtime.protocols import Columns, Row

    Handler = Callable[[Request], Response]

MODELS = "/v2/models/"
DATATYPES = {"float": "FP64", "integer": "INT64", "boolean": "BOOL", "string": "BYTES"}
NUMBERS = frozenset(
    f"{kind}{bits}" for kind in ("FP", "INT", "UINT") for bits in (8, 16, 32, 64) if (kind, bits) != ("FP", 8)
)
TAKEN = NUMBERS | {"BOOL", "BYTES"}
BINARY = "inference-header-content-length"
DEEPEST = 2


def methods(app: App, path: str) -> Mapping[str, Handler]:
    """What can be done at a path of the protocol. Errors: Refusal with status 404."""
    if path == "/v2":
        return _answering(_server(app))
    if path in ("/v2/health/live", "/v2/health/ready"):
        # The model is open, or there would be no App.
        return _answering({path.rpartition("/")[2]: True})
    action = _action(app, path)
    if action == "":
        return _answering(_metadata(app))
    if action == "ready":
        return _answering({"name": app.named["name"], "ready": True})
    if action == "infer":
        return {"POST": lambda request: infer(app, request)}
    expected = "/v2, /v2/health/live, /v2/health/ready, /v2/models/NAME, and /ready or /infer below it"
    raise Refusal(404, "there is nothing at this path", expected=expected, got=path[:LONGEST_PATH])


def infer(app: App, request: Request) -> Response:
    """The answer to a request for inference. Errors: Refusal."""
    if BINARY in request.headers:
        detail = "tensors in binary are not taken: send their data as JSON"
        raise Refusal(400, detail, expected="no header Inference-Header-Content-Length")
    body = body_of(request)
    if not isinstance(body, dict) or not isinstance(body.get("inputs"), list):
        raise unfit("an object with a list of inputs", body)
    told_id = body.get("id")
    if told_id is not None and not isinstance(told_id, str):
        raise unfit("id as a string", told_id)
    wanted = _wanted(body.get("outputs"))
    rows = _rows(app.columns, body["inputs"])
    predictions, probabilities = app.predict(rows)
    outputs = [_predictions(app, predictions)]
    if probabilities is not None:
        outputs.append(_probabilities(app, probabilities))
    names = [str(output["name"]) for output in outputs]
    for name in wanted:
        if name not in names:
            raise Refusal(422, f"there is no output {short(name)}", field=name, expected=", ".join(names))
    answer: dict[str, object] = {
        "model_name": app.named["name"],
        "model_version": app.named["version"],
        "outputs": [output for output in outputs if not wanted or output["name"] in wanted],
    }
    if told_id is not None:
        answer["id"] = told_id
    return answered(dumps(answer), rows, predictions)


def _answering(value: Mapping[str, object]) -> dict[str, Handler]:
    def get(_: Request) -> Response:
        return Response(200, dumps(value))

    return {"GET": get}


def _action(app: App, path: str) -> str | None:
    """What follows the model's name and version; None when there is no such model."""
    name, _, rest = path.removeprefix(MODELS).partition("/") if path.startswith(MODELS) else ("", "", "")
    if rest == "versions" or rest.startswith("versions/"):
        version, _, rest = rest.removeprefix("versions").removeprefix("/").partition("/")
        if version != app.named["version"]:
            detail = f"the version {short(version)} of the model is not here"
            raise Refusal(404, detail, expected=app.named["version"])
    if name and name != app.named["name"]:
        raise Refusal(404, f"the model {short(name)} is not here", expected=app.named["name"])
    return rest if name else None


def _server(app: App) -> dict[str, object]:
    return {"name": "emel", "version": str(app.manifest["emel"]), "extensions": []}


def _metadata(app: App) -> dict[str, object]:
    outputs: int = app.manifest["signature"]["outputs"]
    shape = [-1] if outputs == 1 else [-1, outputs]
    answers = [{"name": "predictions", "datatype": _datatype(app.labels), "shape": shape}]
    if outputs == 1 and app.labels:
        answers.append({"name": "probabilities", "datatype": "FP64", "shape": [-1, len(app.labels)]})
    return {
        "name": app.named["name"],
        "versions": [app.named["version"]],
        "platform": f"emel_{app.manifest['tier']}",
        "inputs": [
            {"name": name, "datatype": DATATYPES[kind], "shape": [-1]}
            for name, kind in zip(app.columns.names, app.columns.kinds, strict=True)
        ],
        "outputs": answers,
    }


def _wanted(outputs: object) -> list[str]:
    """The names of the outputs that are asked for; empty for all."""
    if outputs is None:
        return []
    if not isinstance(outputs, list):
        raise unfit("outputs as a list", outputs)
    names = []
    for output in outputs:
        if not isinstance(output, dict) or not isinstance(output.get("name"), str):
            raise unfit("an output as an object with a name", output)
        names.append(output["name"])
    return names


def _rows(columns: Columns, inputs: list[object]) -> list[Row]:
    tensors = [_tensor(given) for given in inputs]
    if len(tensors) == 1 and tensors[0][0] not in columns.names:
        name, datatype, shape, data = tensors[0]
        width = len(columns.names)
        if len(shape) != 2 or shape[1] != width:
            expected = f"a tensor for each column, or one of shape [rows, {width}]"
            raise Refusal(422, f"the input {short(name)} does not fit", expected=expected, got=str(shape))
        lines = [data[start : start + width] for start in range(0, len(data), width)]
        return columns.listed([_truths(columns.kinds, line, datatype) for line in lines])
    lengths = {shape[0] for _, _, shape, _ in tensors}
    if len(lengths) > 1:
        got = ", ".join(map(str, sorted(lengths)))
        raise Refusal(422, "the inputs have different numbers of rows", expected="as many in each", got=got)
    for name, _, shape, _ in tensors:
        if shape not in ([shape[0]], [shape[0], 1]):
            raise Refusal(
                422, f"the input {short(name)} is a column", field=name, expected="[rows]", got=str(shape)
            )
    # Zipping nothing would hide that all columns are missing.
    lines = [list(line) for line in zip(*[data for *_, data in tensors], strict=True)] or [[]]
    return columns.named([name for name, *_ in tensors], lines if tensors else [[]])


def _tensor(given: object) -> tuple[str, str, list[int], list[object]]:
    """Name, datatype, shape and flat data of an input."""
    if not isinstance(given, dict) or not isinstance(given.get("name"), str):
        raise unfit("an input as an object with name, shape, datatype and data", given)
    name: str = given["name"]
    datatype, shape, data = given.get("datatype"), given.get("shape"), given.get("data")
    if not isinstance(datatype, str) or datatype not in TAKEN:
        got = short(datatype) if isinstance(datatype, str) else described(datatype)
        expected = ", ".join(sorted(TAKEN))
        raise Refusal(
            422, f"the input {short(name)}: unknown datatype", field=name, expected=expected, got=got
        )
    lengths = _shape(shape)
    if lengths is None:
        detail = f"the input {short(name)}: its shape is none"
        raise Refusal(422, detail, field=name, expected="[rows] or [rows, columns]", got=described(shape))
    flat = _flat(data, 0)
    size = lengths[0] * (lengths[1] if len(lengths) > 1 else 1)
    if flat is None or len(flat) != size:
        got = "no list of values" if flat is None else f"{len(flat)} values"
        detail = f"the input {short(name)}: its data does not fit its shape"
        raise Refusal(422, detail, field=name, expected=f"{size} values", got=got)
    return name, datatype, lengths, flat


def _shape(shape: object) -> list[int] | None:
    if not isinstance(shape, list) or not 0 < len(shape) <= DEEPEST:
        return None
    return shape if all(type(length) is int and 0 <= length < 2**31 for length in shape) else None


def _flat(data: object, depth: int) -> list[object] | None:
    """Data may be nested as its shape says, or flat; None when it is no list, or nested deeper."""
    if not isinstance(data, list) or depth == DEEPEST:
        return None
    if not any(isinstance(value, list) for value in data):
        return data
    found: list[object] = []
    for value in data:
        inner = _flat(value, depth + 1)
        if inner is None:
            return None
        found += inner
    return found


def _truths(kinds: Sequence[str], line: list[object], datatype: str) -> list[object]:
    """A tensor has one datatype: where that is a number, 0 and 1 stand for false and true."""
    if datatype not in NUMBERS or "boolean" not in kinds:
        return line
    return [
        bool(value) if kind == "boolean" and type(value) in (int, float) and value in (0, 1) else value
        for kind, value in zip(kinds, line, strict=True)
    ]


def _datatype(labels: Sequence[Any]) -> str:
    """Of the predictions. Labels of several types, as those of several targets may be, are texts."""
    flat = [label for each in labels for label in (each if isinstance(each, list) else [each])]
    kinds = {type(label) for label in flat}
    if len(kinds) > 1:
        return "BYTES"
    return {str: "BYTES", bool: "BOOL", int: "INT64"}.get(kinds.pop(), "FP64") if kinds else "FP64"


def _predictions(app: App, predictions: Sequence[Any]) -> dict[str, object]:
    datatype = _datatype(app.labels)
    lists = [each if isinstance(each, list) else [each] for each in predictions]
    flat = [value for each in lists for value in each]
    nested = isinstance(predictions[0], list)
    return {
        "name": "predictions",
        "datatype": datatype,
        "shape": [len(lists), len(lists[0])] if nested else [len(lists)],
        "data": [key_of(value) for value in flat] if datatype == "BYTES" else flat,
    }


def _probabilities(app: App, probabilities: Sequence[Sequence[float]]) -> dict[str, object]:
    return {
        "name": "probabilities",
        "datatype": "FP64",
        "shape": [len(probabilities), len(app.labels)],
        "data": [share for row in probabilities for share in row],
        # In which order they are; a parameter can be no list.
        "parameters": {"labels": dumps(app.labels)},
    }
