"""A user object becomes a desired account, as far as the tenant's schema goes; and what an account lacks of it. Pure.

Whose an attribute is:

* What the object says is ours: it is written, whatever the account had.
* What the object does not say, but said when we last wrote, is ours still: it is unset. The status keeps these paths
  (``syncedAttributes``), never values.
* Everything else is another's, such as what HR keeps in an account that was adopted: it is never touched.

A multi-valued attribute is owned by type: ``emails[type eq "work"]`` may be ours and the address at home another's.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from workteam_crds.kinds.users import WorkteamUser
from workteam_operator.backend.port import Account, Capabilities, DesiredAccount
from workteam_operator.backend.wire import ENTERPRISE, MANAGER, of_type

Element: TypeAlias = Mapping[str, Any]

NOT_ATTRIBUTES = {"tenantRef", "userName", "externalId", "active"}
MULTI_VALUED = (
    "emails",
    "phoneNumbers",
    "addresses",
    "ims",
    "photos",
    "entitlements",
    "roles",
    "x509Certificates",
)


def desired_account(user: WorkteamUser, capabilities: Capabilities, *, manager: str | None) -> DesiredAccount:
    """Say what the account of a user should be; ``manager`` is the id of the manager's account, if there is one.

    ``externalId`` is the object's name if the directory gave none: it stays, so a second look finds the account again.
    """
    known = frozenset(path.casefold() for path in capabilities.attributes)
    attributes: dict[str, Any] = {}
    unsupported: set[str] = set()
    for path, value in _said(user, manager):
        supported, missing = _supported(path, value, known)
        unsupported.update(missing)
        if supported is not None:
            attributes[path] = supported
    return DesiredAccount(
        user_name=user.spec.user_name,
        external_id=user.spec.external_id or user.metadata.name,
        active=user.spec.active,
        attributes=attributes,
        unsupported=tuple(sorted(unsupported)),
        undecided=frozenset({MANAGER} if manager is None and manager_of(user) else ()),
    )


def manager_of(user: WorkteamUser) -> str | None:
    """Return the SCIM id that the object names as manager; it may point at nobody."""
    enterprise = user.spec.enterprise
    return (enterprise.manager.value if enterprise and enterprise.manager else None) or None


def synced_attributes(desired: DesiredAccount, synced: Collection[str] = ()) -> tuple[str, ...]:
    """Return the paths that are ours once an account is as desired, for the status; ``synced`` are the earlier ones."""
    ours = {unit for unit in synced if unit in desired.undecided or _is_left_out(unit, desired)}
    for path, value in desired.attributes.items():
        ours.update({_unit(path, element) for element in value} if path in MULTI_VALUED else {path})
    return tuple(sorted(ours))


def differences(account: Account, desired: DesiredAccount, *, synced: Collection[str] = ()) -> dict[str, Any]:
    """Return by path what must change on an account: ``userName``, ``externalId``, ``active``, attributes; None unsets.

    ``synced`` is ``status.syncedAttributes``: what we wrote earlier and may unset.
    """
    changes: dict[str, Any] = {}
    if account.user_name != desired.user_name:
        changes["userName"] = desired.user_name
    if account.external_id != desired.external_id:
        changes["externalId"] = desired.external_id
    if desired.active is not None and account.active is not desired.active:
        changes["active"] = desired.active
    return changes | _single_valued(account, desired, synced) | _multi_valued(account, desired, synced)


def _single_valued(account: Account, desired: DesiredAccount, synced: Collection[str]) -> dict[str, Any]:
    said = {path: value for path, value in desired.attributes.items() if path not in MULTI_VALUED}
    written = {path: value for path, value in said.items() if not _equal(account.attributes.get(path), value)}
    spoken = {*said, *desired.undecided, *desired.unsupported}
    forgotten = [path for path in synced if path not in spoken and _is_single(path)]
    return written | {path: None for path in forgotten if not _equal(account.attributes.get(path), None)}


def _multi_valued(account: Account, desired: DesiredAccount, synced: Collection[str]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for path in MULTI_VALUED:
        wanted: Sequence[Element] = desired.attributes.get(path, ())
        ours = {_unit(path, element) for element in wanted} | {unit for unit in synced if _is_of(unit, path)}
        ours -= {unit for unit in ours if _is_left_out(unit, desired)}
        held: Sequence[Element] = account.attributes.get(path) or ()
        if ours and (merged := _merged(path, held, wanted, ours)) is not None:
            changes[path] = merged or None
    return changes


def _merged(
    path: str, held: Sequence[Element], wanted: Sequence[Element], ours: Collection[str]
) -> list[dict[str, Any]] | None:
    """Return the whole list as it must become, what is another's first; None if it is so already."""
    rest = list(held)
    missing = False
    for element in wanted:
        match = next((candidate for candidate in rest if _agrees(candidate, element)), None)
        if match is None:
            missing = True
        else:
            rest.remove(match)
    others = [element for element in rest if _unit(path, element) not in ours]
    if not missing and len(others) == len(rest):
        return None
    if any(element.get("primary") for element in wanted):  # only one may be (RFC 7643 §2.4)
        others = [{key: part for key, part in element.items() if key != "primary"} for element in others]
    return [dict(element) for element in (*others, *wanted)]


def _agrees(held: Element, wanted: Element) -> bool:
    """Say whether an element has all that was said; what the tenant adds to it does not count."""
    return all(_equal(held.get(name), part) for name, part in wanted.items())


def _equal(held: Any, wanted: Any) -> bool:
    """Compare exactly; but nothing, an empty text and false are one, as a tenant may store one for the other."""
    return held == wanted or (held in _NOTHING and wanted in _NOTHING)


_NOTHING: tuple[object, ...] = (None, "", False)


def _unit(path: str, element: Element) -> str:
    """Name those elements of a multi-valued attribute that are owned together."""
    kind = element.get("type")
    return of_type(path, kind) if kind else path


def _is_of(unit: str, path: str) -> bool:
    return unit == path or unit.startswith(f"{path}[")


def _is_left_out(unit: str, desired: DesiredAccount) -> bool:
    return any(_is_of(unit, path) for path in desired.unsupported)


def _is_single(path: str) -> bool:
    return not any(_is_of(path, many) for many in MULTI_VALUED)


def _said(user: WorkteamUser, manager: str | None) -> Iterator[tuple[str, Any]]:
    """Yield path and value of every attribute that the object has, the manager as an account's id."""
    for name, value in user.spec.dump().items():
        match value:
            case _ if name in NOT_ATTRIBUTES:
                continue
            case dict() if name == "enterprise":
                yield from ((f"{ENTERPRISE}:{key}", part) for key, part in value.items() if key != "manager")
            case dict():
                yield from ((f"{name}.{key}", part) for key, part in value.items())
            case _:
                yield name, value
    if manager is not None:
        yield MANAGER, manager


def _supported(path: str, value: Any, known: Collection[str]) -> tuple[Any, Iterable[str]]:
    """Return what the tenant's schema knows of a value, None if nothing, and the paths that it lacks."""
    if path.casefold() not in known:
        return None, (path,)
    if path not in MULTI_VALUED:
        return value, ()
    foreign = {_unit(path, element) for element in value if not _is_named(path, element, known)}
    value = [element for element in value if _unit(path, element) not in foreign]
    missing = {f"{path}.{part}" for element in value for part in element if f"{path}.{part}".casefold() not in known}
    kept = [{part: v for part, v in element.items() if f"{path}.{part}" not in missing} for element in value]
    return [element for element in kept if element] or None, foreign | missing


def _is_named(path: str, element: Element, known: Collection[str]) -> bool:
    """Say whether a schema that names the types of an attribute (canonicalValues, RFC 7643 §7) names an element's.

    They may be mere suggestions; but Entra reads them as all there are, and a refusal would hold the whole person.
    """
    types = [unit for unit in known if unit.startswith(f"{path}[".casefold())]
    return not types or not element.get("type") or _unit(path, element).casefold() in types
