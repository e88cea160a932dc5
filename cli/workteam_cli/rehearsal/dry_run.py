"""Stands for the target in a dry run: no request leaves the machine; every search is empty, every write accepted."""

import json
from typing import Any

import httpx


class DryRun(httpx.AsyncBaseTransport):
    """Keeps what would be sent. A target that no link of the state file knows is assumed to be empty."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Note one request and answer it as an empty target would."""
        body = json.loads(request.content) if request.content else None
        self.requests.append({"method": request.method, "url": str(request.url), "body": body})
        match request.method:
            case "GET":
                schemas = ["urn:ietf:params:scim:api:messages:2.0:ListResponse"]
                return httpx.Response(200, json={"schemas": schemas, "totalResults": 0, "Resources": []})
            case "POST":
                return httpx.Response(201, json={"id": f"new-{len(self.requests)}"})
            case _:
                return httpx.Response(204)
