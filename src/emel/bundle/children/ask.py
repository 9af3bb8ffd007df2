"""Put rows through a bundle's handler: python -I -S ask.py FOLDER ANSWERS OUTPUT

ANSWERS is a file of emel's answers. OUTPUT gets {predictions, probabilities}: one entry per row, null where
the handler refused the row; `probabilities` are objects by label, or null throughout.
"""

import importlib
import json
import os
import sys
from typing import Any

VALUES_A_BATCH = 20_000


def main(folder: str, answers: str, output: str) -> None:
    """Ask about all rows, in batches as large as a body may be."""
    # A key or a bucket in the environment is for functions that are called, not for this one. The model's
    # file may be where the mounts are.
    for name in [name for name in os.environ if name.startswith("EMEL_") and name != "EMEL_STORAGE"]:
        del os.environ[name]
    sys.path.insert(0, folder)
    handler = importlib.import_module("handler")
    with open(answers, encoding="utf-8") as file:  # noqa: PTH123
        given = json.load(file)
    columns = given["columns"]
    rows = [dict(zip(columns, row, strict=True)) for row in given["rows"]]
    size = max(1, VALUES_A_BATCH // len(columns))
    replies: list[Any] = []
    for start in range(0, len(rows), size):
        replies += ask(handler, rows[start : start + size])
    with open(output, "w", encoding="utf-8") as file:  # noqa: PTH123
        json.dump(replies, file)


def ask(handler: Any, rows: list[dict[str, object]]) -> list[Any]:
    """[prediction, probabilities] of each row. A refused batch is asked again by halves."""
    event = {
        "httpMethod": "POST",
        "path": "/predict",
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps({"instances": rows}),
        "isBase64Encoded": False,
    }
    reply = handler.yandex(event, None)
    if reply["statusCode"] == 200:
        body = json.loads(reply["body"])
        return list(zip(body["predictions"], body.get("probabilities") or [None] * len(rows), strict=True))
    if len(rows) == 1:
        return [[None, None]]
    middle = len(rows) // 2
    return ask(handler, rows[:middle]) + ask(handler, rows[middle:])


if __name__ == "__main__":
    main(*sys.argv[1:])
