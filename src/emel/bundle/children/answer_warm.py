"""Be a function's warm instance: python -I -S answer_warm.py FOLDER BODY_FILE SECONDS_FILE

SECONDS_FILE gets two numbers: the processor seconds of one call, and of these what the model itself takes
for the row. Each is the median of batches, after a batch that is not counted.
"""

import sys
from collections.abc import Callable
from time import process_time

CALLS = 50
BATCHES = 7
LONGEST = 0.2
"""Processor seconds of a batch. A slow model makes fewer calls in it."""


def main(folder: str, body_file: str, seconds_file: str) -> None:
    """Answer the same event again and again."""
    sys.path.insert(0, folder)
    from handler import app, yandex  # type: ignore[import-not-found]

    from emel_runtime.protocols import parsed

    with open(body_file, encoding="utf-8") as file:  # noqa: PTH123
        body = file.read()
    event = {
        "httpMethod": "POST",
        "path": "/predict",
        "headers": {"Content-Type": "application/json"},
        "body": body,
        "isBase64Encoded": False,
    }
    rows = app.columns.rows(parsed(body))
    call = seconds_of(lambda: yandex(event, None))
    row = seconds_of(lambda: app.model.answer(rows))
    with open(seconds_file, "w", encoding="utf-8") as file:  # noqa: PTH123
        file.write(f"{call} {row}")


def seconds_of(work: Callable[[], object]) -> float:
    """Processor seconds of one call of `work`."""
    start = process_time()
    work()
    calls = max(1, min(CALLS, int(LONGEST / max(process_time() - start, 1e-6))))
    taken = []
    for _ in range(BATCHES + 1):
        start = process_time()
        for _ in range(calls):
            work()
        taken.append((process_time() - start) / calls)
    return sorted(taken[1:])[BATCHES // 2]


if __name__ == "__main__":
    main(*sys.argv[1:])
