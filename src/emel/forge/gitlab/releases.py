"""Releases and their links; a job token is enough for all of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from emel.forge.gitlab.api import Api, part
from emel.records.forges import Release, ReleaseLink


class GitLabReleases:
    """See emel.forge.base.Releases."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._path = f"{api.project}/releases"

    def get(self, tag: str) -> Release | None:
        return self._api.find(f"{self._path}/{part(tag)}", Release, job_token=True)

    def all(self) -> Iterator[Release]:
        return self._api.list(self._path, Release, job_token=True)

    def create(
        self,
        tag: str,
        *,
        name: str,
        description: str,
        ref: str | None = None,
        tag_message: str | None = None,
        links: Sequence[ReleaseLink] = (),
    ) -> Release:
        content = {
            "tag_name": tag,
            "name": name,
            "description": description,
            "ref": ref,
            "tag_message": tag_message,
            "assets": {"links": [_content(link) for link in links]} if links else None,
        }
        return self._api.post(self._path, Release, content, job_token=True)

    def update(self, tag: str, *, name: str, description: str) -> Release:
        content = {"name": name, "description": description}
        return self._api.put(f"{self._path}/{part(tag)}", Release, content, job_token=True)

    def set_link(self, tag: str, link: ReleaseLink) -> ReleaseLink:
        path = f"{self._path}/{part(tag)}/assets/links"
        for known in self._api.list(path, ReleaseLink, job_token=True):
            if known.name == link.name:
                if msgspec.structs.replace(known, id=None) == msgspec.structs.replace(link, id=None):
                    return known
                return self._api.put(f"{path}/{known.id}", ReleaseLink, _content(link), job_token=True)
        return self._api.post(path, ReleaseLink, _content(link), job_token=True)

    def delete(self, tag: str) -> None:
        self._api.delete(f"{self._path}/{part(tag)}", job_token=True)


def _content(link: ReleaseLink) -> dict[str, object]:
    content: dict[str, object] = {"name": link.name, "url": link.url, "link_type": link.link_type}
    if link.direct_asset_path:
        content["direct_asset_path"] = link.direct_asset_path
    return content
