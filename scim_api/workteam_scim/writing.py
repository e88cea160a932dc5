"""What all writes to the cluster share: their manager, how an object is addressed, how a refusal is answered."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from scim2_models import InvalidValueException, NotFoundException

from workteam_crds.cluster.port import NotFound, ObjectStore, Rejected
from workteam_crds.kinds.custom_resource import Metadata, TenantResource
from workteam_crds.naming import TenantKey

MANAGER = "workteam-scim"
"""The field manager of everything that SCIM writes."""

R = TypeVar("R", bound=TenantResource)


@dataclass(frozen=True)
class Surroundings:
    """What a storage has from outside."""

    cluster: ObjectStore
    new_id: Callable[[], str]
    now: Callable[[], datetime]


@contextmanager
def refusals(word: str) -> Iterator[None]:
    """Answer what the API server refuses although the kind takes it, and what is gone."""
    try:
        yield
    except Rejected as error:
        fields = [part for part in str(error).split() if part.startswith(("spec.", "metadata."))]
        detail = f"{', '.join(fields) or word}: the cluster's schema or policy refuses the value."
        raise InvalidValueException(detail=detail) from None
    except NotFound:
        raise NotFoundException(detail=f"{word} not found.") from None


def addressed(kind: type[R], tenant: TenantKey, name: str, uid: str, resource_version: str | None = None) -> R:
    """Return an object that is known by its metadata alone: enough to say which one is meant."""
    metadata = Metadata(name=name, namespace=tenant.namespace, uid=uid, resource_version=resource_version)
    named: R = kind.model_construct(metadata=metadata, spec=None)  # type: ignore[assignment]
    return named


def loop_time() -> float:
    """Return the time that what we write is known by (rule A10)."""
    return asyncio.get_running_loop().time()
