"""Where a bound attribute has its values in a resource's JSON, and what they are compared by. Pure.

It equals how the SCIM library reads and compares its models, without making one: ``tests/facade`` proves it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from inspect import isclass
from typing import Any, Self, TypeAlias
from unicodedata import normalize

from pydantic import BaseModel
from scim2_models import Extension, Resource
from scim2_models.path import AttributeBinding, AttrPath, Path

from workteam_crds.naming import folded

Json: TypeAlias = Mapping[str, Any]
"""A resource, or one value of a complex attribute, as it is answered."""
Model: TypeAlias = type[Resource[Any]]


@dataclass(frozen=True)
class Place:
    """One attribute of a resource type: ``name``, or ``name.sub``, in the extension of a URN or in none."""

    binding: AttributeBinding
    name: str
    sub: str | None
    extension: str | None

    @classmethod
    def of(cls, model: Model, path: AttrPath, *, compared: bool = False) -> Self | None:
        """Find what a path names, or None if the type has no such attribute.

        ``compared``: of several complex values, ``value`` is what is compared (RFC 7644 §3.4.2.2: ``emails co "x"``).
        """
        binding = Path(str(path)).resolve(model)
        if binding is None:
            return None
        if compared and path.sub_attr is None and binding.is_multivalued and _has_value(binding):
            return cls.of(model, AttrPath(path.attr, "value", path.uri))
        name, _, sub = binding.urn.rpartition(":")[2].partition(".")
        owner = binding.model
        extension = owner.__schema__ if issubclass(owner, Extension) else None
        return cls(binding, name, sub or None, extension)

    @property
    def complex(self) -> bool:
        """Say whether the attribute, without ``sub``, has sub-attributes."""
        return _is_model(self.binding.field_type)

    def head(self, resource: Json) -> Any:
        """Return the attribute's value or values, without regard to ``sub``."""
        host = resource if self.extension is None else resource.get(self.extension)
        return None if host is None else host.get(self.name)

    def read(self, resource: Json) -> Any:
        """Return what is compared: one value, several as a list, or None."""
        head = self.head(resource)
        if self.sub is None or head is None:
            return head
        if isinstance(head, list):
            return [item.get(self.sub) for item in head]
        return head.get(self.sub)

    def comparable(self) -> Callable[[Any], Any]:
        """Return what makes a value of JSON ready to be compared."""
        target = self.binding.target_type
        if target is str:
            return exact if self.binding.case_exact else lowered
        if isclass(target) and issubclass(target, datetime):
            return moment
        return as_it_is


def exact(value: Any) -> Any:
    """Return what a text is compared by if its case matters."""
    return normalize("NFC", value) if isinstance(value, str) else value


def lowered(value: Any) -> Any:
    """Return what a text is compared by if its case does not matter."""
    return folded(value) if isinstance(value, str) else value


def moment(value: Any) -> datetime | None:
    """Return the time that a text says, in UTC if it names no zone; None if it says none."""
    try:
        read = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def as_it_is(value: Any) -> Any:
    """Return a boolean, a number or a whole complex value unchanged."""
    return value


def _has_value(binding: AttributeBinding) -> bool:
    kind = binding.field_type
    return kind is not None and _is_model(kind) and "value" in kind.model_fields  # type: ignore[attr-defined]


def _is_model(kind: Any) -> bool:
    return isclass(kind) and issubclass(kind, BaseModel)
