from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.fakes.bundles import write_bundle

from emel.localcloud import Store
from emel.records import FunctionSettings, FunctionVersion

Deploy = Callable[..., FunctionVersion]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "project" / ".emel" / "local")


@pytest.fixture
def deploy(store: Store, tmp_path: Path) -> Deploy:
    """Deploys a handler's code to a tag of the function `demo`."""

    def deploy(
        handler: str, *, tag: str = "prod", model_version: str = "v1.0.0", **settings: float
    ) -> FunctionVersion:
        bundle = write_bundle(tmp_path, handler, version=model_version)
        version = store.create_version(
            "demo",
            bundle,
            model_version=model_version,
            commit=None,
            settings=FunctionSettings(**{"timeout": 10.0, **settings}),
        )
        store.set_tag("demo", tag, version.number)
        return version

    return deploy
