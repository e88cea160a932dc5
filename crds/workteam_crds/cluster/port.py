"""What we ask of Kubernetes, as a Protocol; ``tests/contract/test_clusters.py`` holds every driver to its promises."""

import enum
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from workteam_crds.kinds.custom_resource import CustomResource
from workteam_crds.naming import Key

R = TypeVar("R", bound=CustomResource)
R_co = TypeVar("R_co", bound=CustomResource, covariant=True)
I_co = TypeVar("I_co", covariant=True)

Operation: TypeAlias = Mapping[str, Any]
"""One operation of a JSON patch (RFC 6902): op, path, value."""

WATCH_TIME = timedelta(minutes=5)
"""How long the server keeps a watch open; then it is renewed where it ended."""


class ClusterError(Exception):
    """Everything that this port raises. The text names the call and the answer, never a value of an object."""


class NotFound(ClusterError):
    """The object is not there (any more)."""


class AlreadyExists(ClusterError):
    """Another object has the name."""


class Conflict(ClusterError):
    """A precondition failed: somebody else wrote in between. Read again and decide anew."""


class Rejected(ClusterError):
    """The object is not what the schema or a policy allows; the same request will fail again."""


class Denied(ClusterError):
    """The caller is unknown to the server, or may not do this."""


class Gone(ClusterError):
    """The history that a watch asked for is no longer there (410): list again."""


class ClusterUnavailable(ClusterError):
    """No answer, or one that says try again (429, 5xx). What was sent may have been done."""

    def __init__(self, text: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(text)
        self.retry_after = retry_after


@dataclass(frozen=True)
class Listing(Generic[I_co]):
    """All objects of one kind in one namespace at one moment, or what is kept of them; or a page of it."""

    items: tuple[I_co, ...]
    resource_version: str
    unreadable: tuple[Key, ...] = ()
    """Objects that are there and do not parse: their absence from ``items`` says nothing."""


def joined(pages: Sequence[Listing[I_co]]) -> Listing[I_co]:
    """Return the pages of one list as one."""
    items = tuple(item for page in pages for item in page.items)
    return Listing(items, pages[-1].resource_version, tuple(key for page in pages for key in page.unreadable))


class Change(enum.Enum):
    """What happened to an object."""

    ADDED = "ADDED"
    MODIFIED = "MODIFIED"
    DELETED = "DELETED"


@dataclass(frozen=True)
class Event(Generic[R_co]):
    """One change of one object; ``resource`` is None for a bookmark and for what does not parse."""

    change: Change | None
    resource_version: str
    resource: R_co | None = None
    key: Key | None = None


@dataclass(frozen=True)
class Secret:
    """One Secret: decoded values by key."""

    namespace: str
    name: str
    uid: str
    resource_version: str
    data: Mapping[str, bytes]


class Severity(enum.StrEnum):
    """How a Kubernetes Event is shown."""

    NORMAL = "Normal"
    WARNING = "Warning"


@dataclass(frozen=True)
class LeaseRecord:
    """A Lease as it is stored: who may act for a namespace, and how long without saying so again."""

    namespace: str
    name: str
    holder: str = ""
    """Nobody if empty."""
    duration: timedelta = timedelta(seconds=15)
    """Stored in whole seconds."""
    transitions: int = 0
    """How often it changed hands."""
    resource_version: str | None = None


class Leases(Protocol):
    """The Leases (coordination.k8s.io) of one API server. Only a ``ClusterError`` is raised; cancelling is safe."""

    async def read_lease(self, namespace: str, name: str, *, within: timedelta) -> LeaseRecord:
        """Read one Lease consistently. Raises ``NotFound``."""

    async def write_lease(self, record: LeaseRecord, now: datetime, *, within: timedelta) -> LeaseRecord:
        """Create a Lease, or replace it if its resourceVersion is the stored one.

        ``now`` is noted for people; nobody decides by it. Raises ``Conflict``, ``AlreadyExists`` and ``NotFound``.
        """

    async def lease_changed(self, record: LeaseRecord, *, within: timedelta) -> None:
        """Return when a Lease is no longer as it was read, or when the time is over."""


class ObjectStore(Protocol):
    """Objects of our kinds, read consistently and written; ``Cluster`` says what holds for all of it."""

    async def get(self, kind: type[R], namespace: str, name: str) -> R:
        """Read one object consistently. Raises ``NotFound``; ``Rejected`` if it does not parse."""

    async def list(self, kind: type[R], namespace: str) -> Listing[R]:
        """Read all objects of a kind consistently, in pages behind the scenes."""

    async def create(self, resource: R, *, manager: str, within: timedelta | None = None) -> R:
        """Create an object under its own name. Raises ``AlreadyExists`` and ``Rejected``."""

    async def patch(
        self, resource: R, operations: Sequence[Operation], *, manager: str, within: timedelta | None = None
    ) -> R:
        """Change an object by JSON patch. A failed ``test`` raises ``Conflict``, a refusal ``Rejected``."""

    async def delete(
        self, resource: CustomResource, *, unchanged: bool = False, within: timedelta | None = None
    ) -> None:
        """Delete an object; its uid is a precondition (``Conflict``). One that is gone already is no error.

        With ``unchanged`` its resourceVersion is a precondition too.
        """


class Cluster(ObjectStore, Leases, Protocol):
    """One Kubernetes API server.

    * Nothing is raised but a ``ClusterError``; cancelling is always safe.
    * What is returned is the object as stored, with the new resourceVersion.
    * A write is sent once: after ``ClusterUnavailable`` the caller cannot know whether it was done. (A delete may be
      sent again over a new connection: its uid makes that harmless.)
    * ``within`` is how long a write may take, here and at the server, which gives up by itself then.
    """

    def pages(self, kind: type[R], namespace: str) -> AsyncGenerator[Listing[R], None]:
        """Yield the pages of such a list; who keeps little of each object never holds all of them."""

    def watch(self, kind: type[R], namespace: str, since: str) -> AsyncGenerator[Event[R], None]:
        """Yield changes after a resourceVersion, bookmarks included, until the server ends the stream.

        Raises ``Gone``, and ``ClusterUnavailable`` also after a silence of 70 s.
        """

    async def apply_status(
        self, resource: R, status: Mapping[str, Any], *, manager: str, resource_version: str | None = None
    ) -> R:
        """Make ``status`` all that one manager says in the status, by server-side apply.

        The object's uid is a precondition: a successor of the same name is not touched (``Conflict``). With
        ``resource_version`` the write is compare-and-swap. Raises ``NotFound``.
        """

    async def is_terminating(self, namespace: str) -> bool:
        """Say, consistently, whether a namespace is being deleted, or is gone."""

    async def read_secret(self, namespace: str, name: str) -> Secret:
        """Read one Secret consistently. Raises ``NotFound``."""

    def watch_secret(self, namespace: str, name: str, since: str) -> AsyncGenerator[Secret | None, None]:
        """Yield one Secret whenever it changes, None when it is deleted. Raises as ``watch``."""

    async def patch_secret(self, secret: Secret, operations: Sequence[Operation]) -> Secret:
        """Change a Secret by JSON patch; values in it are base64. Raises ``Conflict`` and ``NotFound``."""

    async def record(
        self, about: CustomResource, severity: Severity, reason: str, note: str, *, component: str = "workteam-operator"
    ) -> None:
        """Write a Kubernetes Event about an object, or count it up if it was told before: ``component`` reports it.

        The note must not hold a token, nor personal data but the name of the administrator who did it.
        """
