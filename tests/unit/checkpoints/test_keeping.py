"""Checkpoints: what is saved, which is taken, and which are kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from emel.checkpoints import Checkpoints, open_store, set_aside
from emel.checkpoints.bucket import BucketStore
from emel.checkpoints.store import FolderStore
from emel.errors import CheckpointError, ConfigError
from emel.records import Work

WORK = Work(project="group/churn", stage="train", inputs=f"sha256:{'1' * 64}")
OTHER = Work(project="group/churn", stage="train", inputs=f"sha256:{'2' * 64}")


class Ticking:
    """A clock that moves on by a second with each look."""

    moment = datetime(2026, 11, 22, 12, tzinfo=UTC)

    def now(self):
        self.moment += timedelta(seconds=1)
        return self.moment


class Bench:
    """Checkpoints in a folder, and a project that is saved."""

    def __init__(self, folder: Path, keep: int = 3) -> None:
        self.root = folder / "project"
        (self.root / "ckpt").mkdir(parents=True)
        self.store = folder / "store"
        self.told: list[str] = []
        self.checkpoints = Checkpoints(FolderStore(self.store), Ticking(), keep=keep, tell=self.told.append)

    def write(self, text: str, name: str = "ckpt/weights") -> None:
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text)

    def save(self, work=WORK, paths=("ckpt",)):
        return self.checkpoints.save(work, self.root, paths)

    def restored(self, work=WORK) -> str | None:
        (self.root / "ckpt" / "weights").unlink(missing_ok=True)
        found = self.checkpoints.restore(work, self.root)
        return (self.root / "ckpt" / "weights").read_text() if found else None


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


def test_the_newest_is_put_back(bench):
    for text in ("one", "two"):
        bench.write(text)
        bench.save()

    assert bench.restored() == "two"


def test_other_inputs_begin_anew(bench):
    bench.write("one")
    bench.save()

    assert bench.restored(OTHER) is None


def test_the_last_few_are_kept_of_each_work(tmp_path):
    bench = Bench(tmp_path, keep=2)
    for text in ("1", "2", "3", "4"):
        bench.write(text)
        bench.save()
        bench.save(OTHER)

    assert len(bench.checkpoints.list(WORK)) == 2
    assert len(bench.checkpoints.list()) == 4
    assert bench.restored() == "4"


def test_what_did_not_change_is_not_sent_again(bench):
    bench.write("one")

    assert bench.save() == bench.save()
    assert len(bench.checkpoints.list()) == 1


def test_a_damaged_one_gives_way_to_the_one_before(bench):
    for text in ("one", "two"):
        bench.write(text)
        bench.save()
    newest = max(bench.store.rglob("*.tar"))
    newest.write_bytes(newest.read_bytes()[:-1] + b"x")

    assert bench.restored() == "one"
    assert len(bench.told) == 1 and "is damaged" in bench.told[0]


def test_when_all_are_damaged_it_is_said(bench):
    bench.write("one")
    bench.save()
    next(bench.store.rglob("*.tar")).write_bytes(b"")

    with pytest.raises(CheckpointError, match="all 1 checkpoints of stage train are damaged"):
        bench.restored()


def test_nothing_to_save_is_no_checkpoint(bench):
    assert bench.save(paths=("absent",)) is None
    assert bench.checkpoints.list() == []


def test_several_paths_come_back_with_their_links_and_times(bench):
    bench.write("a", "ckpt/deep/er/a")
    bench.write("b", "state.json")
    (bench.root / "ckpt" / "last").symlink_to("deep/er/a")
    written = (bench.root / "state.json").stat().st_mtime
    bench.save(paths=("ckpt", "state.json"))
    assert set_aside(bench.root, ("ckpt", "state.json"))

    bench.checkpoints.restore(WORK, bench.root)

    assert (bench.root / "ckpt" / "last").read_text() == "a"
    assert (bench.root / "state.json").stat().st_mtime == pytest.approx(written, abs=1)
    assert (bench.root / ".emel/set-aside/state.json").read_text() == "b"


@pytest.mark.parametrize("path", ["..", "../x", "/etc/passwd", "."])
def test_nothing_outside_of_the_project_is_saved(bench, path):
    with pytest.raises(CheckpointError, match="is not below"):
        bench.save(paths=(path,))


def test_what_else_lies_in_the_store_is_left_alone(bench):
    bench.store.mkdir()
    (bench.store / "notes.txt").write_text("mine")

    assert bench.checkpoints.list() == []


def test_a_name_tells_its_work_whatever_that_is_called(bench):
    bench.write("one")
    work = Work(project="группа/проект", stage="train@a/b", inputs=WORK.inputs)

    made = bench.save(work)

    assert bench.checkpoints.list() == [made]
    assert made.work == work


@pytest.mark.parametrize("url", ["ftp://x/y", "s3://", "file://host/x", "/folder", "gs://b"])
def test_a_url_that_nothing_can_be_kept_at_is_refused(url):
    with pytest.raises(ConfigError, match="cannot be kept at"):
        open_store(url, None)


class RefusingClient:
    def list_objects_v2(self, **_):
        from botocore.exceptions import ClientError

        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "ListObjectsV2")


def test_a_bucket_that_refuses_is_named_with_what_to_check():
    with pytest.raises(CheckpointError, match="AccessDenied") as caught:
        BucketStore(RefusingClient(), "b", "").list("")

    assert caught.value.where == "s3://b" and "AWS_ACCESS_KEY_ID" in str(caught.value.hint)
