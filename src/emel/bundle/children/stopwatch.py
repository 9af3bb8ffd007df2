"""Time processes from start to end: python -I -S stopwatch.py PLAN OUTPUT

PLAN is a JSON list of [name, command]; they run one after another. OUTPUT gets a list of
[name, seconds, processor seconds]. In a process of its own that holds little, so that starting a child
costs the same for all. What children print is thrown away; a child that fails ends the whole.
"""

import json
import os
import sys
from time import perf_counter


def main(plan: str, output: str) -> None:
    """Run the plan."""
    # A key in the environment is for functions that are called, not for those that are measured. The model's
    # file may be where the mounts are.
    for name in [name for name in os.environ if name.startswith("EMEL_") and name != "EMEL_STORAGE"]:
        del os.environ[name]
    with open(plan, encoding="utf-8") as file:  # noqa: PTH123
        runs = json.load(file)
    taken = [[name, *timed(command)] for name, command in runs]
    with open(output, "w", encoding="utf-8") as file:  # noqa: PTH123
        json.dump(taken, file)


def timed(command: list[str]) -> tuple[float, float]:
    """Seconds from the start of a process to its end, and processor seconds of it, user and system."""
    null = (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)
    start = perf_counter()
    child = os.posix_spawn(command[0], command, os.environ, file_actions=[null])
    _, status, usage = os.wait4(child, 0)
    seconds = perf_counter() - start
    if status:
        raise SystemExit(f"{' '.join(command)} failed with status {os.waitstatus_to_exitcode(status)}")
    return seconds, usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main(*sys.argv[1:])
