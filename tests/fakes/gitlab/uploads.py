"""Files for comments. Rules from GitLab's documentation, «Markdown uploads API»."""

from __future__ import annotations

from email.message import Message
from email.parser import BytesParser
from urllib.parse import unquote

from tests.fakes.gitlab.routing import Refusal, Reply, Request, not_found, route
from tests.fakes.gitlab.state import GUEST, MAINTAINER


@route("POST", "/projects/:project/uploads", role=GUEST)
def create_upload(request: Request) -> Reply:
    name, content = _file(request)
    if len(content) > request.project.max_attachment_size:
        raise Refusal(413, b"<html>413 Request Entity Too Large</html>", {"content-type": "text/html"})
    number = request.world.number("upload")
    secret = f"{number:032x}"
    request.project.uploads[f"{secret}/{name}"] = content
    url = f"/uploads/{secret}/{name}"
    shown = {
        "id": number,
        "alt": name,
        "url": url,
        "full_path": f"/-/project/{request.project.id}{url}",
        "markdown": f"![{name}]({url})",
    }
    return Reply(201, shown)


@route("DELETE", "/projects/:project/uploads/:secret/:name", role=MAINTAINER)
def delete_upload(request: Request) -> Reply:
    key = unquote(f"{request.variables['secret']}/{request.variables['name']}")
    if request.project.uploads.pop(key, None) is None:
        raise not_found("File")
    return Reply(204)


def _file(request: Request) -> tuple[str, bytes]:
    head = f"Content-Type: {request.headers.get('content-type', '')}\r\n\r\n".encode()
    parsed = BytesParser().parsebytes(head + request.body)
    for part in parsed.get_payload() if parsed.is_multipart() else ():
        assert isinstance(part, Message)
        if part.get_param("name", header="content-disposition") == "file":
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            return part.get_filename() or "", content
    raise Refusal(400, {"error": "file is missing"})
