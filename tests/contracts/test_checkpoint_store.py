"""What every place for checkpoints does, a folder and a bucket alike."""

from __future__ import annotations

import boto3
import pytest
from moto.server import ThreadedMotoServer

from emel.checkpoints.bucket import BucketStore
from emel.checkpoints.store import FolderStore, Stored


@pytest.fixture(scope="module")
def s3():
    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    session = boto3.session.Session(
        aws_access_key_id="id", aws_secret_access_key="secret", region_name="us-east-1"
    )
    client = session.client("s3", endpoint_url=f"http://{host}:{port}")
    yield client
    client.close()
    server.stop()


@pytest.fixture(params=["folder", "bucket", "bucket with a prefix"])
def store(request, tmp_path):
    if request.param == "folder":
        return FolderStore(tmp_path / "store")
    client = request.getfixturevalue("s3")
    client.create_bucket(Bucket="models")
    for item in client.list_objects_v2(Bucket="models").get("Contents", ()):
        client.delete_object(Bucket="models", Key=item["Key"])
    return BucketStore(client, "models", "team/models" if "prefix" in request.param else "")


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"weights")
    return path


def test_what_was_put_can_be_got(store, file, tmp_path):
    store.put("p/train/1.tar", file)
    store.get("p/train/1.tar", tmp_path / "back")

    assert (tmp_path / "back").read_bytes() == b"weights"


def test_objects_are_listed_by_the_beginning_of_their_names_with_their_sizes(store, file):
    for name in ("p/train/2.tar", "p/train/1.tar", "p/training/1.tar", "q/train/1.tar"):
        store.put(name, file)

    assert store.list("p/train/") == [Stored("p/train/1.tar", 7), Stored("p/train/2.tar", 7)]
    assert len(store.list("")) == 4


def test_an_empty_store_lists_nothing(store):
    assert store.list("") == []


def test_putting_again_replaces(store, file):
    store.put("a", file)
    file.write_bytes(b"other")
    store.put("a", file)

    assert store.list("") == [Stored("a", 5)]


def test_what_is_removed_is_gone_and_removing_again_is_no_error(store, file):
    store.put("a", file)
    store.remove("a")
    store.remove("a")

    assert store.list("") == []
