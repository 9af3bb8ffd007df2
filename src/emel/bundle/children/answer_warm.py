"""Be a function's warm instance: python -I -S answer_warm.py FOLDER BODY_FILE SECONDS_FILE

SECONDS_FILE gets the processor seconds of one call: the median of batches, after a batch that is not counted.
"""

import sys
from time import process_time

CALLS = 50
BATCHES = 7


def main(folder: str, body_file: str, seconds_file: str) -> None:
    """Answer the same event again and again."""
    sys.path.insert(0, folder)
    from handler import yandex  # type: ignore[import-not-found]

    with open(body_file, encoding="utf-8") as file:  # noqa: PTH123
        body = file.read()
    event = {
        "httpMethod": "POST",
        "path": "/predict",
        "headers": {"Content-Type": "application/json"},
        "body": body,
        "isBase64Encoded": False,
    }
    taken = []
    for _ in range(BATCHES + 1):
        start = process_time()
        for _ in range(CALLS):
            yandex(event, None)
        taken.append((process_time() - start) / CALLS)
    with open(seconds_file, "w", encoding="utf-8") as file:  # noqa: PTH123
        file.write(str(sorted(taken[1:])[BATCHES // 2]))


if __name__ == "__main__":
    main(*sys.argv[1:])
