"""Seconds, requests and bytes of a deploy to Yandex Cloud, on the emulator, which answers after 50 ms.

    python bench/deploy.py

Deploys a logistic regression over the breast cancer data four times: at first, unchanged, with another
memory class, and with another model; then the same with a bundle of 12 MB, which goes through Object Storage.
The peer is the plainest program that deploys with the SDK: it asks nothing, creates a version from the zip
and waits with the SDK's own waiter. An operation of the emulator lasts for two calls; in the cloud it lasts
for seconds, which are the same for everyone.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import joblib
import msgspec
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.fakes.bundles import bundle_record
from tests.fakes.yandex import Emulator
from tests.fakes.yandex.client import emulated
from tests.fakes.yandex.state import FOLDER

from emel import bundle, deploy, models
from emel.records import Bundle, FunctionSettings, ScalingPolicy
from emel.system.clock import SystemClock
from emel.system.process import SystemProcess

LATENCY = 0.05
MEMORY = (128, 256)


class Cost(NamedTuple):
    """What one deploy took."""

    seconds: float
    requests: int
    sent: int


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small = [packaged(folder, version) for version in ("v1.0.0", "v2.0.0")]
        large = [with_noise(one, 12 * 2**20) for one in small]
        print(f"Python {sys.version.split()[0]}, {LATENCY * 1e3:.0f} ms a call\n")
        print("| | seconds | × peer | requests | bytes sent |")
        print("|---|---|---|---|---|")
        for kind, bundles in (("0.15 MB", small), ("12 MB", large)):
            for what, cost, peer in deploys(folder / kind.replace(" ", "-"), bundles):
                ratio = f"{cost.seconds / peer.seconds:.2f}" if peer else "–"
                print(f"| {kind}: {what} | {cost.seconds:.2f} | {ratio} | {cost.requests} | {cost.sent:,} |")


def deploys(folder: Path, bundles: list[Bundle]) -> list[tuple[str, Cost, Cost | None]]:
    """The four deploys, each with what the peer takes for a version of the same zip."""
    emulator = Emulator(folder)
    emulator.state.latency = LATENCY
    first, second = bundles
    try:
        peer = None
        if first.path.stat().st_size < 3_500_000:
            peer = measured(emulator, lambda: plainly(emulator, first))
        steps = (
            ("first", first, MEMORY[0]),
            ("unchanged", first, MEMORY[0]),
            ("settings only", first, MEMORY[1]),
            ("model only", second, MEMORY[1]),
        )
        return [
            (what, measured(emulator, lambda: by_emel(emulator, one, memory)), peer)  # noqa: B023
            for what, one, memory in steps
        ]
    finally:
        emulator.close()


def measured(emulator: Emulator, work: Callable[[], object]) -> Cost:
    """Do some work and see what it took."""
    state = emulator.state
    calls, sent, start = len(state.calls), state.bytes_in, time.perf_counter()
    work()
    return Cost(time.perf_counter() - start, len(state.calls) - calls, state.bytes_in - sent)


def by_emel(emulator: Emulator, one: Bundle, memory: int) -> None:
    """A deploy as `emel deploy` makes it, signed in anew."""
    cloud = emulated(emulator, clock=SystemClock())
    plan = deploy.plan(
        one,
        tag="prod",
        settings=FunctionSettings(memory=memory),
        functions=cloud.functions,
        scaling=cloud.scaling,
        policy=ScalingPolicy(zone_instances=4),
        access=cloud.access,
    )
    deploy.apply(plan, cloud.functions, cloud.scaling, cloud.access)


def plainly(emulator: Emulator, one: Bundle) -> None:
    """The peer: a function, a version and a tag, by the SDK alone."""
    import yandexcloud
    from yandex.cloud.serverless.functions.v1 import function_pb2 as shapes
    from yandex.cloud.serverless.functions.v1 import function_service_pb2 as requests
    from yandex.cloud.serverless.functions.v1.function_service_pb2_grpc import FunctionServiceStub

    sdk = yandexcloud.SDK(
        endpoint=emulator.endpoint, iam_token=emulator.token(), root_certificates=emulator.root_certificates
    )
    functions = sdk.client(FunctionServiceStub)

    def wait(operation: Any, kind: Any) -> Any:
        return sdk.wait_operation_and_get_result(operation, response_type=kind).response

    made = wait(
        functions.Create(requests.CreateFunctionRequest(folder_id=FOLDER, name="plain")), shapes.Function
    )
    request = requests.CreateFunctionVersionRequest(
        function_id=made.id,
        runtime="python312",
        entrypoint="handler.yandex",
        resources=shapes.Resources(memory=128 * 2**20),
        content=one.path.read_bytes(),
    )
    version = wait(functions.CreateVersion(request), shapes.Version)
    tagged = requests.SetFunctionTagRequest(function_version_id=version.id, tag="prod")
    wait(functions.SetTag(tagged), shapes.Version)


def packaged(folder: Path, version: str) -> Bundle:
    """A real function, a little different for each version."""
    data = load_breast_cancer(as_frame=True)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=1.0 if version == "v1.0.0" else 0.5))
    model.fit(data.data, data.target_names[data.target])
    work = folder / version
    work.mkdir()
    joblib.dump(model, work / "model.joblib")
    data.data.head(20).to_csv(work / "sample.csv", index=False)
    artifact = models.prepare(
        name="bench",
        model=work / "model.joblib",
        sample=work / "sample.csv",
        target=None,
        tier="pure",
        workdir=work,
        process=SystemProcess(),
    )
    process = SystemProcess()
    bundle.build(artifact, version=version, commit=None, output=work / "bench.zip", process=process)
    return bundle_record(work / "bench.zip", name="bench", version=version)


def with_noise(one: Bundle, size: int) -> Bundle:
    """The same bundle with an entry that cannot be made smaller."""
    path = one.path.with_name("large.zip")
    path.write_bytes(one.path.read_bytes())
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("noise", random.Random(one.version).randbytes(size))
    return msgspec.structs.replace(bundle_record(path, name="bench", version=one.version))


if __name__ == "__main__":
    main()
