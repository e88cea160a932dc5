"""Where a request points: the tenant, and what is served below its Base URL by which methods. Pure.

``ROUTES`` is the library's table with our resource types filled in: requests are routed by it, ``Allow`` and
``/openapi.json`` are read from it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from scim2_models import NotFoundException, NotImplementedException
from scim2_server.errors import MethodNotAllowedException
from scim2_server.routing import ROUTES as LIBRARY_ROUTES
from scim2_server.routing import Operation, Target

from workteam_crds.naming import TenantKey
from workteam_scim.documents import RESOURCE_TYPES

PREFIX = ("scim", "v2")
BELOW = 4
"""Segments of a path before its resource: namespace, tenant, scim, v2."""
ENDPOINTS = tuple(str(document["endpoint"]).strip("/") for document in RESOURCE_TYPES)
CONFIG = "ServiceProviderConfig"
ALIASES = {"serviceconfiguration": CONFIG}
"""Microsoft's Postman collection asks for it by this name."""
ME = "Me"
ID = "{resource_id}"
NO_ENDPOINT = "No SCIM endpoint: the Base URL ends in /{namespace}/{tenant}/scim/v2."
NOT_SERVED = f"There is no such endpoint below the Base URL; there are {', '.join((*ENDPOINTS, 'Bulk', 'Schemas'))}."
NO_ME = "/Me is not supported: a token stands for a directory, not for a user."

Served: TypeAlias = Mapping[str, Operation]
"""Operations by method."""


def _expanded() -> Iterator[tuple[str, str, Operation]]:
    for route in LIBRARY_ROUTES:
        endpoints = ENDPOINTS if "{endpoint}" in route.pattern else ("",)
        for endpoint in endpoints:
            yield route.method, route.pattern.replace("{endpoint}", endpoint), route.operation


def _grouped() -> dict[str, Served]:
    grouped: dict[str, dict[str, Operation]] = {}
    for method, pattern, operation in _expanded():
        grouped.setdefault(pattern, {})[method] = operation
    return dict(grouped)


ROUTES: Mapping[str, Served] = _grouped()
"""What is served below a Base URL, by path; ``{resource_id}`` stands for an id. Literal paths come first."""
_LITERAL = {pattern: served for pattern, served in ROUTES.items() if ID not in pattern}
_WITH_ID = {pattern.split("/")[1]: served for pattern, served in ROUTES.items() if ID in pattern}
"""What is served below a name and an id, by the name."""
_SPELT = {part.lower(): part for pattern in ROUTES for part in pattern.split("/") if part and part != ID}


@dataclass(frozen=True)
class Place:
    """What a path below a Base URL names."""

    path: str
    """As the documents spell it, without double and trailing slashes."""
    served: Served
    """Nothing if there is no such place."""
    endpoint: str | None = None
    resource_id: str | None = None

    @property
    def resource(self) -> str:
        """Name the resource by a closed set of names; ``none`` at the root and where nothing is."""
        first = self.path.split("/")[1]
        return first if self.served and first not in {"", ".search"} else "none"

    @property
    def allowed(self) -> tuple[str, ...]:
        """List the methods that are served here."""
        also = {"OPTIONS", "HEAD"} if "GET" in self.served else {"OPTIONS"}
        return tuple(sorted(also.union(self.served)))

    def target(self, method: str) -> Target:
        """Return what a method does here. Raises what is answered instead: 404, 405 or 501."""
        if not self.served:
            raise NotFoundException(detail=NOT_SERVED)
        if self.path == f"/{ME}":
            raise NotImplementedException(detail=NO_ME)
        operation = self.served.get(method)
        if operation is None:
            detail = f"The method is not served here; {', '.join(self.allowed)} are."
            raise MethodNotAllowedException(allowed=self.allowed, detail=detail)
        return Target(operation, endpoint=self.endpoint, resource_id=self.resource_id)


def split(path: str) -> tuple[TenantKey, Place]:
    """Split a path into tenant and place. Raises ``NotFoundException`` for what is below no Base URL."""
    segments = [segment for segment in path.split("/") if segment]
    if len(segments) < BELOW or tuple(segment.lower() for segment in segments[2:BELOW]) != PREFIX:
        raise NotFoundException(detail=NO_ENDPOINT)
    return TenantKey(segments[0], segments[1]), place(segments[BELOW:])


def is_below_base_url(path: str) -> bool:
    """Say of a path that is written as usual whether ``split`` reads it; it reads others, too."""
    return tuple(segment.lower() for segment in path.split("/", BELOW + 1)[3 : BELOW + 1]) == PREFIX


def place(segments: list[str]) -> Place:
    """Return what the segments below a Base URL name; the case of an endpoint's name does not count."""
    named = [_spelt(segments[0]), *segments[1:]] if segments else []
    path = "/" + "/".join(named)
    endpoint = named[0] if named and named[0] in ENDPOINTS else None
    match named:
        case _ if path in _LITERAL:
            return Place(path, _LITERAL[path], endpoint)
        case [name, resource_id] if name in _WITH_ID:
            return Place(path, _WITH_ID[name], endpoint, resource_id)
        case _:
            return Place(path, {})


def _spelt(segment: str) -> str:
    name = segment.lower()
    return ALIASES.get(name) or _SPELT.get(name, segment)
