"""emel's platform beside model servers: a forest of 100 trees, one row of JSON over HTTP.

    python bench/serve.py               # about five minutes, and some more at the first time
    python bench/serve.py --seconds 1 --only emel --only granian

The same body for all, one after the other in one run, with wrk (which has to be installed) on the same
machine. emel runs the bundle as `emel serve` does: platform and instances are processes of their own. Each
peer gets a virtual environment of its own in the user's cache folder, made with uv at the first time; one
that cannot be installed or started has a line that says so. Compare the ratios of one run, on a machine that
does nothing else.

Memory is the proportional set size (PSS) of all processes of a server after the load. «Start» is from the
start of its program to its first answer. Rates are of good answers; what failed is counted beside them,
as the 429 of one instance whose queue of 32 is full. Only emel ends idle instances: others have to be started
again.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

import joblib
import sklearn
from skl2onnx import to_onnx
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier

from emel import bundle, localcloud, models
from emel.localcloud import Store
from emel.records import FunctionSettings
from emel.system.process import SystemProcess
from serving_peers import PEERS, Peer

CONNECTIONS = (1, 16, 64)
STARTS = 3
START_SECONDS = 90.0
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "emel" / "bench-serve"
SILENCE = ("BENTOML_DO_NOT_TRACK", "ORT_DISABLE_TELEMETRY", "MLFLOW_DISABLE_TELEMETRY")
WRK = """
wrk.method, wrk.body = "POST", io.open("body.json"):read("*a")
wrk.headers["Content-Type"] = "application/json"
done = function(summary, latency)
  local errors = summary.errors
  local bad = errors.status + errors.timeout + errors.connect + errors.read + errors.write
  io.stderr:write(string.format('{"rate": %f, "p50": %f, "p99": %f, "bad": %d}',
    (summary.requests - errors.status) / summary.duration * 1e6, latency:percentile(50) / 1e6,
    latency:percentile(99) / 1e6, bad))
end
"""


class Load(NamedTuple):
    """What wrk measured with so many connections. Times are seconds, of all answers."""

    rate: float
    """Good answers a second."""
    p50: float
    p99: float
    bad: int


class Result(NamedTuple):
    """A server's measures."""

    name: str
    kind: str
    loads: tuple[Load, ...]
    memory: int
    start: float
    from_zero: float | None = None


def main() -> None:
    """Print the table and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=3.0, help="of load for each number of connections")
    parser.add_argument("--only", action="append", default=[], help="servers whose name begins with this")
    options = parser.parse_args()
    # Whoever ends the bench ends what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if shutil.which("wrk") is None:
        sys.exit("error: wrk is not installed\nhint: apt-get install wrk")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        results: list[Result] = []
        print(f"load 1 min: {os.getloadavg()[0]:.2f} on {os.cpu_count()} processors\n")
        heads = [f"{number} conn.: req/s (p50, p99)" for number in CONNECTIONS]
        print(f"| server | {' | '.join(heads)} | memory | start | from zero |\n|{'---|' * (4 + len(heads))}")
        for instances in (1, 2):
            if is_wanted(f"emel, {instances}", options.only):
                results.append(show(emel(folder, instances, options.seconds)))
        for peer in PEERS:
            if not is_wanted(peer.name, options.only):
                continue
            try:
                results.append(show(measure(peer, folder, options.seconds)))
            except (subprocess.CalledProcessError, TimeoutError, OSError) as problem:
                print(f"| {peer.name} | could not be measured: {problem} |", flush=True)
        tell_ratios(results)


def is_wanted(name: str, only: Sequence[str]) -> bool:
    return not only or any(name.lower().startswith(start.lower()) for start in only)


def prepare(folder: Path) -> None:
    """The forest in all forms, the body, and wrk's script."""
    data = load_breast_cancer(as_frame=True)
    labels = data.target.map({0: "M", 1: "B"})
    forest = RandomForestClassifier(100, random_state=0).fit(data.data.to_numpy(), labels)
    joblib.dump(forest, folder / "model.joblib", compress=3)
    row = data.data.to_numpy()[:1]
    onnx = to_onnx(forest, row.astype("float32"), options={"zipmap": False})
    (folder / "model.onnx").write_bytes(onnx.SerializeToString())
    data.data[:100].to_csv(folder / "sample.csv", index=False)
    (folder / "body.json").write_text(json.dumps({"instances": row.tolist()}))
    (folder / "wrk.lua").write_text(WRK)


def emel(folder: Path, instances: int, seconds: float) -> Result:
    """The bundle on the local platform."""
    home = folder / f"emel-{instances}"
    home.mkdir()
    process = SystemProcess()
    artifact = models.prepare(
        name="forest", model=folder / "model.joblib", sample=folder / "sample.csv", target=None, tier="pure",
        workdir=home, process=process,
    )  # fmt: skip
    built = bundle.build(artifact, version="v1.0.0", commit=None, output=home / "f.zip", process=process)
    starts = []
    for number in range(STARTS):
        store = Store(home / f"store-{number}")
        settings = FunctionSettings(max_instances=instances, idle_seconds=1.0)
        version = store.create_version(
            "forest", built.path, model_version="v1.0.0", commit=None, settings=settings
        )
        store.set_tag("forest", "prod", version.number)
        command = [sys.executable, "-m", "emel.localcloud", str(store.folder)]
        with running(command, folder) as child:
            port = port_of(store, child)
            starts.append(until_answer(port, "/forest/prod/predict", folder, child))
            if number < STARTS - 1:
                continue
            loads = tuple(load(port, "/forest/prod/predict", folder, count, seconds) for count in CONNECTIONS)
            memory = pss_of(child.pid)
            zeros = [from_zero(store, port, folder) for _ in range(STARTS)]
    return Result(f"emel, {instances} instance{'s' * (instances > 1)}", "emel", loads, memory,
                  median(starts), median(zeros))  # fmt: skip


def measure(peer: Peer, folder: Path, seconds: float) -> Result:
    """A peer in its environment. Errors: CalledProcessError, TimeoutError, OSError."""
    home = folder / peer.name.replace(" ", "-").replace("/", "-")
    home.mkdir()
    for name in ("model.joblib", "model.onnx"):
        shutil.copy(folder / name, home)
    (home / "app.py").write_text(peer.code)
    programs = environment(peer)
    if peer.prepare:
        run([programs / "python", "-c", peer.prepare], home, programs)
    starts = []
    for number in range(STARTS):
        port = free_port()
        command = [part.format(bin=programs, port=port) for part in peer.command]
        with running(command, home, programs) as child:
            starts.append(until_answer(port, peer.path, folder, child))
            if number < STARTS - 1:
                continue
            loads = tuple(load(port, peer.path, folder, count, seconds) for count in CONNECTIONS)
            memory = pss_of(child.pid)
    return Result(peer.name, peer.kind, loads, memory, median(starts))


def environment(peer: Peer) -> Path:
    """The programs of the peer's virtual environment, which is made unless it is there."""
    home, programs = CACHE / peer.venv, CACHE / peer.venv / "bin"
    packages = [package.format(sklearn=sklearn.__version__) for package in peer.packages]
    wanted = json.dumps([sys.version, packages])
    done = home / ".packages"
    if not done.is_file() or done.read_text() != wanted:
        uv = str(Path(sys.executable).with_name("uv"))
        print(f"making {home} …", file=sys.stderr)
        run([uv, "venv", "-q", "--clear", "--python", sys.executable, home], Path.cwd())
        # Without byte-code a start would measure the compiler.
        install = [uv, "pip", "install", "-q", "--compile-bytecode", "--python", programs / "python"]
        run([*install, *packages], Path.cwd())
        done.write_text(wanted)
    return programs


def run(command: Sequence[str | Path], cwd: Path, programs: Path | None = None) -> None:
    subprocess.run(command, cwd=cwd, env=surroundings(programs), check=True, capture_output=True)


def surroundings(programs: Path | None = None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    if programs is not None:
        kept["PATH"] = f"{programs}:{kept.get('PATH', os.defpath)}"
    return {
        **kept,
        "BENTOML_DO_NOT_TRACK": "1",
        "ORT_DISABLE_TELEMETRY": "1",
        "MLFLOW_DISABLE_TELEMETRY": "1",
    }


class Child(NamedTuple):
    pid: int
    began: float
    process: subprocess.Popen[bytes]


@contextmanager
def running(command: Sequence[str], cwd: Path, programs: Path | None = None) -> Iterator[Child]:
    """A server for as long as the block runs, ended with all that it started."""
    began = time.perf_counter()
    with (cwd / "output").open("wb") as output:
        process = subprocess.Popen(
            command, cwd=cwd, env=surroundings(programs), stdout=output, stderr=output, start_new_session=True
        )
    try:
        yield Child(process.pid, began, process)
    finally:
        left = tree_of(process.pid)
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            pass
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        process.wait()


def port_of(store: Store, child: Child) -> int:
    while child.process.poll() is None and time.perf_counter() < child.began + START_SECONDS:
        url = localcloud.server_url(store)
        if (store.folder / "server.json").exists():
            return int(url.rpartition(":")[2])
        time.sleep(0.002)
    raise TimeoutError("emel did not start")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def until_answer(port: int, path: str, folder: Path, child: Child) -> float:
    """Seconds from the start of the server to its first good answer."""
    said = ""
    while child.process.poll() is None and time.perf_counter() < child.began + START_SECONDS:
        said = answer(port, path, folder) or said
        if said.startswith("HTTP/1.1 200"):
            return time.perf_counter() - child.began
        time.sleep(0.002)
    raise TimeoutError(f"no good answer within {START_SECONDS:g} s, the last was {said or 'none'!r}")


def answer(port: int, path: str, folder: Path) -> str:
    """The first line of the answer to a request; empty when there is none."""
    body = (folder / "body.json").read_bytes()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nConnection: close\r\n"
    )
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=START_SECONDS) as client:
            client.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            return client.recv(4096).decode("latin-1").partition("\r\n")[0]
    except OSError:
        return ""


def from_zero(store: Store, port: int, folder: Path) -> float:
    """Seconds to an answer when no instance is left."""
    while (status := localcloud.server_status(store)) and sum(one.instances for one in status.versions):
        time.sleep(0.05)
    began = time.perf_counter()
    assert answer(port, "/forest/prod/predict", folder).startswith("HTTP/1.1 200")
    return time.perf_counter() - began


def load(port: int, path: str, folder: Path, connections: int, seconds: float) -> Load:
    """Run wrk after a short warm-up."""
    url = f"http://127.0.0.1:{port}{path}"
    for length in (0.5, seconds):
        whole = max(1, round(length))
        command = ["wrk", "-t1", f"-c{connections}", f"-d{whole}s", "--timeout", "10s", "-s", "wrk.lua", url]
        said = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stderr
        # What the warm-up left unanswered shall not stand in the way.
        time.sleep(0.3)
    return Load(**json.loads(said))


def pss_of(pid: int) -> int:
    """Bytes of a process and all that it started; pages that several share are counted once."""
    total = 0
    for one in tree_of(pid):
        try:
            lines = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return total


def tree_of(pid: int) -> list[int]:
    """A process and all below it."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            after_name = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(after_name[1]), []).append(int(entry.parent.name))
    found = [pid]
    for one in found:
        found += parents.get(one, ())
    return found


def show(result: Result) -> Result:
    """Print a line of the table."""
    cells = [
        f"{one.rate:,.0f} ({one.p50 * 1e3:.2f}, {one.p99 * 1e3:.2f} ms)"
        + f", {one.bad} failed" * bool(one.bad)
        for one in result.loads
    ]
    zero = "a start" if result.from_zero is None else f"{result.from_zero * 1e3:.0f} ms"
    memory, start = f"{result.memory / 1e6:.0f} MB", f"{result.start * 1e3:,.0f} ms"
    print(f"| {result.name} | {' | '.join(cells)} | {memory} | {start} | {zero} |", flush=True)
    return result


def tell_ratios(results: Sequence[Result]) -> None:
    """emel beside the best of each kind, at 16 connections."""
    middle = CONNECTIONS.index(16)
    print()
    for own in (result for result in results if result.kind == "emel"):
        for kind in ("sklearn", "onnxruntime", "nothing"):
            peers = [result for result in results if result.kind == kind]
            if peers:
                best = max(peers, key=lambda peer: peer.loads[middle].rate)
                ratio = own.loads[middle].rate / best.loads[middle].rate
                print(f"{own.name}: {ratio:.2f} × {best.name}, requests a second at 16 connections")


if __name__ == "__main__":
    main()
