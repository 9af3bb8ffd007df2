"""Be a function's first instance: python -I -S answer_once.py FOLDER BODY_FILE MEMORY_FILE

MEMORY_FILE gets the largest resident size of this process in bytes, as the process itself knows it: what a
parent is told of a child includes what the parent had in memory before it started the child.
"""

import sys


def main(folder: str, body_file: str, memory_file: str) -> None:
    """Import the handler, answer one event, and say how much memory it took."""
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
    reply = yandex(event, None)
    if reply["statusCode"] != 200:
        raise SystemExit(reply["body"])
    with open(memory_file, "w", encoding="utf-8") as file:  # noqa: PTH123
        file.write(str(peak_bytes()))


def peak_bytes() -> int:
    """The peak resident size of this process."""
    try:
        with open("/proc/self/status", encoding="utf-8") as file:  # noqa: PTH123
            for line in file:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except FileNotFoundError:
        pass
    # Only Linux has the file above. Here the number is in bytes on macOS and in kilobytes elsewhere.
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


if __name__ == "__main__":
    main(*sys.argv[1:])
