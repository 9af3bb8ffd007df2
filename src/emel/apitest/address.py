"""Where the routes of an endpoint are: below its URL, or in the query of a URL that takes no path.

A Yandex Cloud function that is called directly has no paths: https://yandex.cloud/en/docs/functions/concepts/function-invoke.
Its query may hold more, as `?tag=candidate`, which stays.
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from emel.records import Routes

WITHOUT_PATHS = "functions.yandexcloud.net"
ROUTE = "route"


class Address(NamedTuple):
    """An endpoint's URL, and how its routes are asked for."""

    url: str
    routes: Routes

    def of(self, path: str) -> str:
        """The URL of a path, which may have a query of its own."""
        parts, asked = urlsplit(self.url), urlsplit(path)
        query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != ROUTE]
        query += parse_qsl(asked.query, keep_blank_values=True)
        place = parts.path
        if self.routes == "query":
            query.append((ROUTE, asked.path))
        else:
            place = parts.path.rstrip("/") + asked.path
        return urlunsplit((parts.scheme, parts.netloc, place, urlencode(query, safe="/"), ""))


def address_of(url: str, routes: Routes | None = None) -> Address:
    """The address; without `routes`, what can be said of the URL without asking it anything."""
    url = url if "?" in url else url.rstrip("/")
    if routes:
        return Address(url, routes)
    parts = urlsplit(url)
    # Who gives a query has copied the address of a tag, and nothing can follow it but another parameter.
    by_query = parts.hostname == WITHOUT_PATHS or bool(parts.query)
    return Address(url, "query" if by_query else "path")
