"""Files that comments show (GitLab documentation, «Markdown uploads API»)."""

from __future__ import annotations

import hashlib
import re

from emel.forge.gitlab.api import WRITE, Api, part
from emel.forge.gitlab.refusals import Needs
from emel.forge.gitlab.sending import Call
from emel.records.forges import Upload


class GitLabUploads:
    """See emel.forge.base.Uploads."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def create(self, file_name: str, content: bytes) -> Upload:
        boundary = hashlib.sha256(content).hexdigest()
        name = re.sub(r'[\r\n"\\]', "_", file_name)
        head = (
            f"--{boundary}\r\n"
            f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        call = Call(
            "POST",
            f"{self._api.project}/uploads",
            body=head.encode() + content + f"\r\n--{boundary}--\r\n".encode(),
            content_type=f"multipart/form-data; boundary={boundary}",
            needs=WRITE,
        )
        return self._api.decoded(call, self._api.sender.send(call), Upload)

    def delete(self, url: str) -> None:
        _, secret, file_name = url.rsplit("/", 2)
        self._api.delete(
            f"{self._api.project}/uploads/{part(secret)}/{part(file_name)}", needs=Needs("Maintainer")
        )
