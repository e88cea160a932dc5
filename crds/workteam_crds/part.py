"""What every piece of our objects is made of: frozen pydantic models that speak camelCase outside. Pure."""

from datetime import UTC, datetime
from typing import Annotated, Any, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, PlainSerializer
from pydantic.alias_generators import to_camel


class Part(BaseModel):
    """One frozen piece of an object.

    Keys that we do not know are dropped when an object is read: an older process must survive the objects of a newer
    one. Attribute docstrings become the descriptions that ``kubectl explain`` shows.
    """

    model_config = ConfigDict(
        frozen=True,
        alias_generator=to_camel,
        populate_by_name=True,
        extra="ignore",
        use_attribute_docstrings=True,
        use_enum_values=False,
    )

    def sharing_names(self) -> Self:
        """Return this part, which holds the names of the fields that it was given together with all others given these.

        pydantic keeps a set of names in every part: of what an operator holds of a user it was a third. Parts are
        frozen, and a copy gets a set of its own.
        """
        given = self.__pydantic_fields_set__
        object.__setattr__(self, "__pydantic_fields_set__", _GIVEN.setdefault(frozenset(given), given))
        for value in self.__dict__.values():
            for piece in value if isinstance(value, tuple) else (value,):
                if isinstance(piece, Part):
                    piece.sharing_names()
        return self

    def dump(self) -> dict[str, Any]:
        """Return the JSON value with camelCase keys; what is None or an empty list is left out."""
        dumped: dict[str, Any] = _without_empty_lists(self.model_dump(mode="json", by_alias=True, exclude_none=True))
        return dumped


_GIVEN: dict[frozenset[str], set[str]] = {}
"""Every set of names that was given: as many as there are shapes of parts, however many objects there are."""


def _without_empty_lists(value: Any) -> Any:
    match value:
        case dict():
            return {key: _without_empty_lists(item) for key, item in value.items() if item != []}
        case list():
            return [_without_empty_lists(item) for item in value]
        case _:
            return value


def rfc3339(moment: datetime) -> str:
    """Write a moment as Kubernetes does: UTC, whole seconds, Z (RFC 3339 §5.6)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


Timestamp: TypeAlias = Annotated[datetime, PlainSerializer(rfc3339, return_type=str)]
"""A moment in UTC, written in whole seconds."""
