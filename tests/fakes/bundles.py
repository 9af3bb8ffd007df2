"""Function bundles of a few lines, each with one habit that the platform has to cope with."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import msgspec

from emel.records import Bundle, ColdStart, MountedModel, Parity, Signature
from emel.system.files import sha256_of

_ANSWER = "{'statusCode': 200, 'headers': {'Content-Type': 'application/json'}, 'body': json.dumps(%s)}"

ECHO = f"""
import json
def yandex(event, context):
    said = {{"event": event, "request_id": context.request_id, "version": context.function_version}}
    return {_ANSWER % "said"}
"""

TRIVIAL = """
def yandex(event, context):
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": "{}"}
"""

SURROUNDINGS = f"""
import json, os, sys
def yandex(event, context):
    seen = {{
        "pid": os.getpid(), "cwd": os.getcwd(), "environment": sorted(os.environ), "path": sys.path,
        "descriptors": len(os.listdir("/proc/self/fd")), "flags": [sys.flags.isolated, sys.flags.no_site],
        "remaining": context.get_remaining_time_in_millis(), "memory": context.memory_limit_in_mb,
    }}
    return {_ANSWER % "seen"}
"""

SLEEP = f"""
import json, os, time
def yandex(event, context):
    time.sleep(float(event["queryStringParameters"].get("seconds", 0)))
    return {_ANSWER % "{'pid': os.getpid()}"}
"""

# What the query asks for: ?do=crash and so on. Without it, the number of the process.
MOODY = f"""
import json, os, signal, subprocess, sys, time
def yandex(event, context):
    do = event["queryStringParameters"].get("do")
    if do == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if do == "exit":
        os._exit(3)
    if do == "raise":
        raise ValueError("the row is odd")
    if do == "hang":
        while True:
            pass
    if do == "eat":
        hoard = [bytearray(2**20) for _ in range(4096)]
    if do == "garbage":
        return "not an answer"
    if do == "print":
        print("x" * 1_000_000)
        for number in range(20_000):
            print(number, file=sys.stderr)
    if do == "log":
        print(json.dumps({{"message": "predicted", "level": "WARN", "rows": 3}}))
        print("a plain line")
        print("a line of trouble", file=sys.stderr)
    if do == "spawn":
        child = subprocess.Popen(["sleep", "600"])
        return {_ANSWER % "{'child': child.pid}"}
    return {_ANSWER % "{'pid': os.getpid()}"}
"""

READS_ITS_MOUNT = f"""
import json, os
with open(os.environ["EMEL_STORAGE"] + "/model/words.txt") as file:
    said = file.read()
def yandex(event, context):
    return {_ANSWER % "said"}
"""

EXITS_AT_IMPORT = "import os\nos._exit(7)\n"
FAILS_AT_IMPORT = 'raise RuntimeError("the model file is missing")\n'
SLOW_TO_START = "import time\ntime.sleep(600)\n"


def write_bundle(folder: Path, handler: str, name: str = "demo", version: str = "v1.0.0") -> Path:
    """Zip a handler up as a bundle in `folder`; other code or another version gives another digest."""
    path = folder / f"{name}-{version}.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("handler.py", handler)
        archive.writestr("manifest.json", json.dumps({"model": {"name": name, "version": version}}))
    return path


def bundle_record(path: Path, *, name: str = "demo", version: str = "v1.0.0", digest: str = "") -> Bundle:
    """The record of a bundle whose measurements nobody looks at. Without a `digest`, the file's own."""
    cold_start = ColdStart(
        seconds=0.02,
        cpu_seconds=0.02,
        peak_rss_bytes=9_000_000,
        warm_call_seconds=0.0001,
        bare_interpreter_seconds=0.02,
    )
    parity = Parity(
        rows=3,
        boundary_rows=0,
        tolerance=1e-6,
        max_abs_diff=0.0,
        labels_equal=True,
        ok=True,
        worst_row=None,
    )
    return Bundle(
        path=path,
        name=name,
        version=version,
        commit="c" * 40,
        digest=digest or sha256_of(path),
        zip_bytes=21_000,
        tier="pure",
        reason="a linear model",
        description="LogisticRegression",
        signature=Signature(columns=(), task="regression"),
        parity=parity,
        cold_start=cold_start,
        answers=path.with_suffix(".answers.json"),
        source_digest="sha256:1",
        sample_digest="sha256:2",
        built_by="0.1.0",
    )


def mounting(folder: Path, content: bytes, version: str = "v3.0.0") -> Bundle:
    """A bundle whose model stands beside its zip, and whose function answers with what the model holds."""
    path = write_bundle(folder, READS_ITS_MOUNT, version=version)
    model = path.with_suffix(".model")
    model.write_bytes(content)
    beside = MountedModel(path=model, name="words.txt", digest=sha256_of(model), size=len(content))
    # As the runtime's manifest does, the zip names its model's digest.
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("digest", beside.digest)
    return msgspec.structs.replace(bundle_record(path, version=version), mounted=beside)
