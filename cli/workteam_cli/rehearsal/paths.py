"""SCIM attribute paths as an attribute mapping writes them: parsed, read from a resource, placed into one. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
MANAGER = f"{ENTERPRISE}:manager"
MEMBERS = "members"

Scalar: TypeAlias = str | bool
"""A value of SCIM as a mapping knows it."""

_EXTENSION = "urn:ietf:params:scim:schemas:extension:"
_SHAPE = re.compile(
    r'^(?:(?P<urn>urn:\S+):)?(?P<attribute>\w+)(?:\[(?P<key>\w+) eq "(?P<wanted>[^"]+)"\])?(?:\.(?P<sub>\w+))?$'
)

_SIMPLE = frozenset(
    [
        "userName",
        "externalId",
        "active",
        "displayName",
        "nickName",
        "title",
        "userType",
        "preferredLanguage",
        "locale",
        "timezone",
        "profileUrl",
    ]
)
_NAME = frozenset(["formatted", "familyName", "givenName", "middleName", "honorificPrefix", "honorificSuffix"])
_ADDRESS = frozenset(["formatted", "streetAddress", "locality", "region", "postalCode", "country"])
_VALUE = frozenset({"value", "display"})
_MULTI = {"emails": _VALUE, "phoneNumbers": _VALUE, "addresses": _ADDRESS, "roles": _VALUE | {"type"}}
_ENTERPRISE = frozenset(["employeeNumber", "costCenter", "organization", "division", "department", "manager"])


@dataclass(frozen=True)
class Path:
    """One attribute: ``userName``, ``name.givenName``, ``emails[type eq "work"].value``; a URN may stand before it."""

    text: str
    urn: str | None
    attribute: str
    selector: tuple[str, str] | None
    sub: str | None

    @property
    def own_element(self) -> bool:
        """Whether the path selects one element of a multi-valued attribute."""
        return self.selector is not None

    def read(self, resource: Mapping[str, Any]) -> Scalar | None:
        """Return the value that a resource holds there, as text or boolean; None if it holds none."""
        holder: Any = resource if self.urn is None else _member(resource, self.urn)
        value = _member(holder, self.attribute)
        if self.selector is not None:
            value = next((element for element in value or () if self._selects(element)), None)
        if self.sub is not None:
            value = _member(value, self.sub)
        if self.attribute == "manager" and isinstance(value, Mapping):
            value = _member(value, "value")
        return value if isinstance(value, str | bool) else None

    def place(self, body: dict[str, Any], value: Scalar) -> None:
        """Put a value where the path points, making the element or object around it as Entra writes it on create."""
        holder = body if self.urn is None else body.setdefault(self.urn, {})
        if self.selector is not None:
            elements: list[dict[str, Any]] = holder.setdefault(self.attribute, [])
            found = next((element for element in elements if self._selects(element)), None)
            if found is None:
                found = self._new_element()
                elements.append(found)
            found[self.sub or "value"] = value
        elif self.sub is not None:
            holder.setdefault(self.attribute, {})[self.sub] = value
        else:
            holder[self.attribute] = value

    def _selects(self, element: Any) -> bool:
        key, wanted = self.selector or ("", "")
        return str(_member(element, key)).lower() == wanted.lower()

    def _new_element(self) -> dict[str, Any]:
        key, wanted = self.selector or ("", "")
        if key == "primary":
            return {"primary": wanted.lower() == "true", "type": "WindowsAzureActiveDirectoryRole"}
        if (self.attribute, wanted) == ("emails", "work"):
            return {"primary": True, "type": "work"}
        return {key: wanted}


def parse(text: str, *, groups: bool = False) -> Path | None:
    """Return the path, or None for one that no SCIM user (or, with ``groups``, group) has."""
    shape = _SHAPE.match(text)
    if shape is None:
        return None
    selector = (shape["key"], shape["wanted"]) if shape["key"] else None
    path = Path(text, shape["urn"], shape["attribute"], selector, shape["sub"])
    return path if (_is_group_attribute(path) if groups else _is_user_attribute(path)) else None


def _is_group_attribute(path: Path) -> bool:
    plain = path.urn is None and path.selector is None and path.sub is None
    return plain and path.attribute in {"displayName", "externalId", MEMBERS}


def _is_user_attribute(path: Path) -> bool:
    if path.urn == ENTERPRISE:
        return path.attribute in _ENTERPRISE and path.selector is None and path.sub is None
    if path.urn is not None:  # a schema of the customer's own: simple attributes only
        return path.urn.startswith(_EXTENSION) and path.selector is None and path.sub is None
    if path.attribute in _MULTI:
        wanted_key = {"type", "primary"} if path.attribute == "roles" else {"type"}
        return path.selector is not None and path.selector[0] in wanted_key and path.sub in _MULTI[path.attribute]
    if path.attribute == "name":
        return path.selector is None and path.sub in _NAME
    return path.attribute in _SIMPLE and path.selector is None and path.sub is None


def _member(holder: Any, name: str) -> Any:
    """Look a key up without regard to case (RFC 7643 §2.1)."""
    if not isinstance(holder, Mapping):
        return None
    if name in holder:
        return holder[name]
    return next((value for key, value in holder.items() if key.lower() == name.lower()), None)
