"""Stands as handler.py in a function's zip: turns the local platform's event and context into Yandex Cloud's.

The original zip lies in the folder `code`; `version.json` says what the version was made with. Like a
preloaded runtime it sets the version's environment before it imports the user's code.
"""

import base64
import importlib
import json
import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(HERE, "version.json")) as file:
    VERSION = json.load(file)
os.environ.update(VERSION["environment"])


def _import_entrypoint():
    """Import the user's module, which may have the name that this one runs under."""
    name, _, function = VERSION["entrypoint"].rpartition(".")
    code = os.path.join(HERE, "code")
    sys.path[:] = [code, *(entry for entry in sys.path if entry != HERE)]
    ourselves = sys.modules.pop(__name__)
    try:
        return getattr(importlib.import_module(name), function)
    finally:
        sys.modules[__name__] = ourselves


class Context:
    """Source: «Request handler», section on the context, of the documentation for Python."""

    def __init__(self, context, headers):
        self.function_folder_id = VERSION["folder"]
        self.function_name = VERSION["function"]
        self.function_version = VERSION["version"]
        self.memory_limit_in_mb = context.memory_limit_in_mb
        self.request_id = headers["X-Emulator-Request-Id"]
        self.deadline_ms = context.deadline_ms
        self.token = (
            {"access_token": "t1.function", "expires_in": 42299, "token_type": "Bearer"}
            if VERSION["service_account"]
            else None
        )
        self.get_remaining_time_in_millis = context.get_remaining_time_in_millis


ENTRYPOINT = _import_entrypoint()
started = [True]


def yandex(event, context):
    headers = event["headers"]
    seen = Context(context, headers)
    raw = headers.pop("X-Emulator-Raw", None)
    for name in ("X-Emulator-Request-Id", "X-Emulator-Raw"):
        headers.pop(name, None)
        event["multiValueHeaders"].pop(name, None)
    headers["X-Request-Id"] = seen.request_id
    event["multiValueHeaders"]["X-Request-Id"] = [seen.request_id]
    event["requestContext"]["requestId"] = seen.request_id
    event["multiValueHeaders"].pop("X-Emulator-Event", None)
    given = headers.pop("X-Emulator-Event", None)
    if given:
        _as_gateway(event, json.loads(given))
    else:
        # A function's address has no path behind it.
        event.update(url="", path="", params={}, multiValueParams={}, pathParams={})
    began = time.monotonic()
    cold, started[0] = started[0], False
    try:
        reply = ENTRYPOINT(_body(event) if raw else event, seen)
    finally:
        # What the platform's own report is made of; the front takes it out of the log again.
        took = (time.monotonic() - began) * 1000
        print(json.dumps({"message": "emulator-report", "ms": took, "cold": cold, "id": seen.request_id}))
    if not raw:
        return reply
    text = reply if isinstance(reply, str) else json.dumps(reply)
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": text}


def _as_gateway(event, given):
    """What an API gateway says in its event beside the request itself."""
    event.pop("url", None)
    event["requestContext"].update(given.pop("requestContext"))
    event.update(given)


def _body(event):
    text = base64.b64decode(event["body"]).decode() if event["isBase64Encoded"] else event["body"]
    try:
        return json.loads(text)
    except ValueError:
        return text
