from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from tests.fakes.bundles import ECHO, TRIVIAL, write_bundle

from emel.errors import PlatformError
from emel.localcloud import Store
from emel.records import FunctionSettings

SETTINGS = FunctionSettings()


def create(
    store: Store, bundle: Path, *, function: str = "demo", settings: FunctionSettings = SETTINGS
) -> int:
    version = store.create_version(
        function, bundle, model_version="v1.0.0", commit="c" * 40, settings=settings
    )
    return version.number


def test_an_untouched_store_is_empty_and_makes_no_folder(store: Store) -> None:
    assert store.functions() == ()
    assert store.versions("demo") == ()
    assert not store.folder.exists()


def test_versions_are_numbered_from_one_and_keep_what_they_were_made_of(store: Store, tmp_path: Path) -> None:
    create(store, write_bundle(tmp_path, ECHO))
    create(store, write_bundle(tmp_path, TRIVIAL), settings=FunctionSettings(memory=256))

    first, second = store.versions("demo")
    assert (first.number, second.number) == (1, 2)
    assert second.settings.memory == 256
    assert first.commit == "c" * 40
    assert first.digest != second.digest
    assert (store.code("demo", first.digest) / "handler.py").read_text() == ECHO


def test_the_same_bundle_with_the_same_settings_is_the_same_version(store: Store, tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path, ECHO)
    assert create(store, bundle) == create(store, bundle) == 1
    assert create(store, bundle, settings=FunctionSettings(memory=256)) == 2


def test_a_tag_remembers_where_it_pointed(store: Store, tmp_path: Path) -> None:
    for code in (ECHO, TRIVIAL):
        create(store, write_bundle(tmp_path, code))
    for number in (1, 2, 2, 1):
        store.set_tag("demo", "prod", number)

    assert store.tags("demo") == {"prod": 1}
    assert store.tag_history("demo", "prod") == (1, 2, 1)
    assert store.versions("demo")[0].tags == ("prod",)


def test_a_tag_cannot_point_at_a_version_that_does_not_exist(store: Store, tmp_path: Path) -> None:
    create(store, write_bundle(tmp_path, ECHO))
    with pytest.raises(PlatformError, match="no version 2"):
        store.set_tag("demo", "prod", 2)


@pytest.mark.parametrize("name", ["", "A", "1a", "../up", "a", "x" * 64, "under_score"])
def test_a_name_that_a_cloud_would_refuse_is_refused(store: Store, tmp_path: Path, name: str) -> None:
    with pytest.raises(PlatformError, match="cannot be the name"):
        create(store, write_bundle(tmp_path, ECHO), function=name)


def test_a_deleted_function_is_gone_and_deleting_it_again_is_fine(store: Store, tmp_path: Path) -> None:
    create(store, write_bundle(tmp_path, ECHO))
    store.delete("demo")
    store.delete("demo")
    assert store.functions() == ()
    assert create(store, write_bundle(tmp_path, ECHO)) == 1


def test_a_zip_that_leads_out_of_its_folder_is_refused(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "evil.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../outside.txt", "boo")
    with pytest.raises(PlatformError, match="leads out"):
        create(store, path)
    assert not list(tmp_path.rglob("outside.txt"))


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"not a zip", "not a bundle"), (b"PK\x05\x06" + b"\0" * 18, "has no handler.py")],
)
def test_a_file_that_is_no_bundle_is_refused_and_leaves_nothing(
    store: Store, tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "bundle.zip"
    path.write_bytes(content)
    with pytest.raises(PlatformError, match=message):
        create(store, path)
    assert store.functions() == ()
    assert list(store.code("demo", "").iterdir()) == []


def test_what_an_interrupted_deploy_left_behind_is_cleared_away_by_the_next(
    store: Store, tmp_path: Path
) -> None:
    create(store, write_bundle(tmp_path, ECHO))
    bundles = store.code("demo", "")
    for leftover in (".abc.part", "0" * 64):
        (bundles / leftover).mkdir()

    assert create(store, write_bundle(tmp_path, TRIVIAL)) == 2
    assert {path.name for path in bundles.iterdir()} == {
        version.digest.removeprefix("sha256:") for version in store.versions("demo")
    }


def test_a_damaged_file_is_named(store: Store, tmp_path: Path) -> None:
    create(store, write_bundle(tmp_path, ECHO))
    store.function_file("demo").write_text("{")
    with pytest.raises(PlatformError) as problem:
        store.versions("demo")
    assert problem.value.where == str(store.function_file("demo"))


def test_a_folder_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file, not a folder")
    with pytest.raises(PlatformError, match="cannot be written"):
        create(Store(tmp_path / "taken" / "local"), write_bundle(tmp_path, ECHO))


WRITER = """
import sys
from pathlib import Path
from emel.localcloud.store import Store
from emel.records import FunctionSettings
store, bundle = Store(Path(sys.argv[1])), Path(sys.argv[2])
print("ready", flush=True)
for memory in range(128, 100_000):
    version = store.create_version(
        "demo", bundle, model_version="v1.0.0", commit=None, settings=FunctionSettings(memory=memory)
    )
    store.set_tag("demo", "prod", version.number)
"""


@pytest.mark.slow
def test_a_writer_that_is_killed_at_any_moment_leaves_a_valid_store(store: Store, tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path, ECHO)
    moments = random.Random(7)
    for _ in range(12):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, store.folder, bundle], stdout=subprocess.PIPE
        ) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            wanted = store.read("demo").latest + moments.randrange(3)
            ends = time.monotonic() + 30
            while store.read("demo").latest < wanted and time.monotonic() < ends:
                time.sleep(0.002)
            time.sleep(moments.uniform(0, 0.03))
            os.kill(writer.pid, signal.SIGKILL)

        numbers = [version.number for version in store.versions("demo")]
        assert numbers == list(range(numbers[0], numbers[-1] + 1)) if numbers else True
        assert set(store.tags("demo").values()) <= set(numbers)
        assert all(store.code("demo", version.digest).is_dir() for version in store.versions("demo"))
    latest = store.read("demo").latest
    assert latest > 3
    assert create(store, write_bundle(tmp_path, TRIVIAL)) == latest + 1
