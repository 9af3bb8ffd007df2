"""Events that are no HTTP request: those of triggers, and a body handed over as it is.

A trigger of Yandex Cloud sends `{"messages": [{"event_metadata": …, "details": …}]}`. A timer's payload and
a queue's message are bodies as POST /predict takes them, and the reply holds an answer for each; a timer
without one keeps an instance warm. For a new object in a bucket see objects.py. Sources:
yandex.cloud/docs/functions/concepts/trigger/timer, …/ymq-trigger and …/os-trigger.

Everything else is a body: of a direct invocation (docs.aws.amazon.com/lambda/latest/dg/python-handler.html)
or of a request with `?integration=raw` (yandex.cloud/docs/functions/concepts/function-invoke), whose reply
is the answer alone, a text where the event is one.

Whoever may call a public URL may send such events too, by `?integration=raw`, and there is no header in
them. So they are refused where requests must bring a key, but for those whose answer goes to a bucket.
"""

from __future__ import annotations

from emel_runtime.contract import KEY_HEADER, Refusal, Request, Response
from emel_runtime.events import request_id
from emel_runtime.lean import dumps, loads
from emel_runtime.protocols import described, parsed, short

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from emel_runtime.app import App

TIMER = "yandex.cloud.events.serverless.triggers.TimerMessage"
QUEUE = "yandex.cloud.events.messagequeue.QueueMessage"
NEW_OBJECTS = (
    "yandex.cloud.events.storage.ObjectCreate",
    "yandex.cloud.events.storage.ObjectUpdate",
)
OBJECTS = "yandex.cloud.events.storage."


def request_of(event: object, context: object) -> tuple[Request, Callable[[Response], Any]]:
    """What the log shows of the event, and how its reply is shaped."""
    path = "trigger" if _messages(event) is not None else "direct"
    request = Request(
        method="EVENT",
        path=path,
        headers={},
        body="",
        encoded=False,
        request_id=request_id({}, context),
    )
    return request, _text if isinstance(event, str | bytes) else _value


def respond(app: App, event: object, context: object) -> Response:
    """The answer to an event. Errors: Refusal; Retry."""
    messages = _messages(event)
    if messages is None:
        return _direct(app, event)
    responses = [_respond_to(app, message, context) for message in messages]
    rows = [row for response in responses for row in response.answered[0]]
    predictions = [one for response in responses for one in response.answered[1]]
    body = ", ".join(response.body for response in responses)
    status = max(response.status for response in responses)
    return Response(status, f'{{"answers": [{body}]}}', answered=(rows, predictions))


def _messages(event: object) -> list[dict[str, Any]] | None:
    """The messages of a trigger; None for any other event."""
    messages = event.get("messages") if isinstance(event, dict) and len(event) == 1 else None
    if not isinstance(messages, list) or not messages:
        return None
    for message in messages:
        if not isinstance(message, dict) or not isinstance(message.get("event_metadata"), dict):
            return None
    return messages


def _direct(app: App, event: object) -> Response:
    _require_no_key(app)
    if isinstance(event, bytes):
        event = event.decode("utf-8", "replace")
    value = parsed(event) if isinstance(event, str) else event
    if value is None or value == {}:
        raise Refusal(400, "the event holds no rows")
    return app.answer(app.columns.rows(value))


def _respond_to(app: App, message: dict[str, Any], context: object) -> Response:
    """The answer to one message. A refusal is an answer too: the others count all the same."""
    kind = str(message["event_metadata"].get("event_type"))
    details = message.get("details")
    given: dict[str, Any] = details if isinstance(details, dict) else {}
    try:
        if kind == TIMER:
            return _by_timer(app, given.get("payload"))
        if kind == QUEUE:
            inner = given.get("message")
            return _by_text(app, inner.get("body") if isinstance(inner, dict) else None)
        if kind in NEW_OBJECTS:
            # Only who has such a trigger pays for HTTP.
            from emel_runtime.objects import answer_object

            return answer_object(app, given, context)
        if kind.startswith(OBJECTS):
            return Response(200, dumps({"skipped": "the object is gone"}))
        raise Refusal(400, f"this function does not know events of the type {short(kind)}")
    except Refusal as refusal:
        return Response(refusal.status, dumps(refusal.problem()))


def _by_timer(app: App, payload: object) -> Response:
    if payload is None or payload == "":
        return Response(200, dumps({"status": "ok", "model": app.named}))
    return _by_text(app, payload)


def _by_text(app: App, body: object) -> Response:
    _require_no_key(app)
    if not isinstance(body, str):
        raise Refusal(400, f"the message is no text but {described(body)}")
    return app.answer(app.columns.rows(parsed(body)))


def _require_no_key(app: App) -> None:
    if app.guarded:
        raise Refusal(401, f"requests must bring the key in {KEY_HEADER}, and this event has no headers")


def _value(response: Response) -> Any:
    return loads(response.body)


def _text(response: Response) -> str:
    return response.body
