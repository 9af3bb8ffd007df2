"""Generic packages (GitLab documentation, «Generic packages repository»); a job token is enough."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from emel.errors import ForgeError
from emel.forge.gitlab.api import WRITE, Api, part
from emel.forge.gitlab.sending import Call
from emel.records.forges import Package, PackageFile
from emel.system.files import sha256_of

TRIES = 3


class GitLabPackages:
    """See emel.forge.base.Packages."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._path = f"{api.project}/packages"

    def publish(self, name: str, version: str, file: Path, *, file_name: str | None = None) -> PackageFile:
        named = file_name or file.name
        digest = sha256_of(file).removeprefix("sha256:")
        for attempt in range(TRIES):
            known = self._newest(name, version, named)
            if known and known.file_sha256 == digest:
                return known
            try:
                sent = self._send(name, version, file, named)
            except ForgeError as problem:
                # A second file of the same name would stand beside the first: so look before the next try.
                if not problem.maybe_done or attempt == TRIES - 1:
                    raise
            else:
                return _compare(digest, sent, self.file_url(name, version, named))
        raise AssertionError("the last try returns or raises")

    def versions(self, name: str) -> Sequence[Package]:
        query = {"package_type": "generic", "package_name": name}
        listed = self._api.list(self._path, Package, query=query, job_token=True)
        # GitLab looks for the name anywhere in the package's.
        return tuple(package for package in listed if package.name == name)

    def files(self, name: str, version: str) -> Sequence[PackageFile]:
        for package in self.versions(name):
            if package.version == version:
                path = f"{self._path}/{package.id}/package_files"
                listed = self._api.list(path, PackageFile, job_token=True)
                return tuple(sorted(listed, key=lambda file: file.id))
        return ()

    def download(self, name: str, version: str, file_name: str, target: Path) -> PackageFile:
        known = self._newest(name, version, file_name)
        if known is None:
            raise ForgeError(
                f"the package {name} {version} has no file {file_name}",
                where=self.file_url(name, version, file_name),
                status=404,
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f".{target.name}.part")
        try:
            self._api.sender.send(
                Call("GET", self._file_path(name, version, file_name), job_token=True, target=partial)
            )
            _compare(
                sha256_of(partial).removeprefix("sha256:"), known, self.file_url(name, version, file_name)
            )
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
        return known

    def delete(self, name: str, version: str) -> None:
        for package in self.versions(name):
            if package.version == version:
                self._api.delete(f"{self._path}/{package.id}", job_token=True)

    def file_url(self, name: str, version: str, file_name: str) -> str:
        return f"{self._api.sender.api_url}{self._file_path(name, version, file_name)}"

    def _send(self, name: str, version: str, file: Path, file_name: str) -> PackageFile:
        call = Call(
            "PUT",
            self._file_path(name, version, file_name),
            {"select": "package_file"},
            body=file,
            content_type="application/octet-stream",
            job_token=True,
            needs=WRITE,
            once=True,
        )
        return self._api.decoded(call, self._api.sender.send(call), PackageFile)

    def _newest(self, name: str, version: str, file_name: str) -> PackageFile | None:
        same = [file for file in self.files(name, version) if file.file_name == file_name]
        return same[-1] if same else None

    def _file_path(self, name: str, version: str, file_name: str) -> str:
        return f"{self._path}/generic/{part(name)}/{part(version)}/{part(file_name)}"


def _compare(digest: str, file: PackageFile, where: str) -> PackageFile:
    if file.file_sha256 not in (None, digest):
        raise ForgeError(
            f"the checksum there is {file.file_sha256}, here {digest}: the file was damaged on its way",
            where=where,
            hint="run the command again",
        )
    return file
