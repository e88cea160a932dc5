"""What the four kinds have in common: metadata, the envelope, lengths, labels and annotations. Pure."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, NamedTuple, Self, TypeAlias

from pydantic import Field, StringConstraints
from pydantic.config import JsonDict
from pydantic.types import JsonValue

from workteam_crds.naming import Key, TenantKey
from workteam_crds.part import Part, Timestamp

GROUP = "workte.am"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"

FINALIZER = f"{GROUP}/account"
"""Held by users and groups until their account or team is observed gone, inactive or handed over."""

IN_USE = f"{GROUP}/in-use"
"""Held by tenants while users or groups refer to them."""

TENANT_LABEL = f"{GROUP}/tenant"
SOURCE_LABEL = f"{GROUP}/source"
GROUP_LABEL = f"{GROUP}/group"
"""On a membership: the name of its group."""

LAST_MODIFIED = f"{GROUP}/last-modified"
REQUEST_ID = f"{GROUP}/request-id"
"""The X-Request-Id of the SCIM request that wrote an object last."""
PAUSED = f"{GROUP}/paused"
RECONCILE_REQUESTED_AT = f"{GROUP}/reconcile-requested-at"
ADOPT = f"{GROUP}/adopt"
GRANT_ACCESS = f"{GROUP}/grant-access"
RELEASE = f"{GROUP}/release"
DECISIONS = (ADOPT, GRANT_ACCESS, RELEASE)
"""What a person decided about one object, on one day: no copy of the object carries it."""
ACCEPT_RESTORE = f"{GROUP}/accept-restore"
ACCEPT_ENDPOINT = f"{GROUP}/accept-endpoint"
APPROVE_DELETIONS_UNTIL = f"{GROUP}/approve-deletions-until"
BREAK_GLASS_REASON = f"{GROUP}/break-glass-reason"
"""Changed by whoever takes a finalizer off by hand: who, when and why."""

SOURCE_SCIM = "scim"
SOURCE_GIT = "git"

Name: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=253)]
"""A Kubernetes object name (RFC 1123 subdomain)."""
Short: TypeAlias = Annotated[str, StringConstraints(max_length=256)]
Text: TypeAlias = Annotated[str, StringConstraints(max_length=1024)]
Long: TypeAlias = Annotated[str, StringConstraints(max_length=4096)]

TENANT_RULE: JsonValue = {"rule": "self.tenantRef == oldSelf.tenantRef", "message": "spec.tenantRef is immutable"}
TENANT_IMMUTABLE: JsonDict = {"x-kubernetes-validations": [TENANT_RULE]}
CONDITION_LIST: JsonDict = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]}
ATOMIC: JsonDict = {"x-kubernetes-list-type": "atomic"}

READY = '.status.conditions[?(@.type=="Ready")].status'
SYNCED = '.status.conditions[?(@.type=="Synced")].status'
REASON = '.status.conditions[?(@.type=="Synced")].reason'


class Column(NamedTuple):
    """One column of ``kubectl get``; ``wide`` ones show with ``-o wide``."""

    name: str
    path: str
    type: str = "string"
    wide: bool = False


class Metadata(Part):
    """The part of ObjectMeta that we read or set."""

    name: str
    namespace: str
    uid: str | None = None
    resource_version: str | None = None
    generation: int | None = None
    creation_timestamp: Timestamp | None = None
    deletion_timestamp: Timestamp | None = None
    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)
    finalizers: tuple[str, ...] = ()


class LocalReference(Part):
    """An object of the same namespace, by name."""

    name: Name
    """Its metadata.name."""


class CustomResource(Part):
    """One object as the API server keeps it; each kind adds its spec and status."""

    kind: ClassVar[str]
    plural: ClassVar[str]
    short_name: ClassVar[str]
    description: ClassVar[str]
    columns: ClassVar[tuple[Column, ...]] = ()
    selectable: ClassVar[tuple[str, ...]] = ()

    metadata: Metadata

    @property
    def key(self) -> Key:
        """Return which object this is."""
        return Key(self.kind, self.metadata.namespace, self.metadata.name)

    @property
    def deleting(self) -> bool:
        """Say whether the object was deleted and only waits for its finalizers."""
        return self.metadata.deletion_timestamp is not None

    @property
    def held(self) -> bool:
        """Say whether our finalizer is on."""
        return FINALIZER in self.metadata.finalizers

    @property
    def paused(self) -> bool:
        """Say whether a person stopped this object by annotation: whatever stands there holds it, but for false."""
        return self.metadata.annotations.get(PAUSED, "").strip().lower() not in {"", "false"}

    def is_unreadable(self, annotation: str) -> bool:
        """Say whether a person meant to name a moment by annotation, and did not."""
        return bool(self.metadata.annotations.get(annotation)) and self.moment(annotation) is None

    def moment(self, annotation: str) -> datetime | None:
        """Return the moment that a person named by annotation; None if there is none in RFC 3339 with an offset."""
        try:
            said = datetime.fromisoformat(self.metadata.annotations.get(annotation, ""))
        except ValueError:
            return None
        return said if said.tzinfo else None

    @classmethod
    def parse(cls, raw: Any) -> Self:
        """Read what the API server sent. Raises ``pydantic.ValidationError``."""
        return cls.model_validate(raw).sharing_names()

    def manifest(self) -> dict[str, Any]:
        """Return the whole object as JSON for the API server, None and empty lists left out."""
        return {"apiVersion": API_VERSION, "kind": self.kind, **self.dump(), "metadata": self.metadata.dump()}


class TenantResource(CustomResource):
    """An object that belongs to a tenant of its namespace."""

    spec: Any

    @property
    def tenant(self) -> TenantKey:
        """Return the tenant this object belongs to; it need not exist."""
        return TenantKey(self.metadata.namespace, self.spec.tenant_ref.name)
