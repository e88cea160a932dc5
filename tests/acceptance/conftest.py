"""The reviewed expected states, and what the three sides hold under Entra's ids: both compare as whole values.

A state has four maps, keyed by Entra object id: ``users`` and ``groups`` (specs of the objects), ``accounts`` and
``teams`` (what Workteam holds). It never asks the product anything: fixtures come from ``expected/``, and a caller
hands in the objects, accounts and teams that it read itself.
"""

import functools
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

Attributes = dict[str, Any]
State = dict[str, dict[str, Attributes]]

FOLDER = Path(__file__).parent / "expected"
CHANGE_SETS = tuple(f"E{number:02}" for number in range(1, 16))
SIDES = {
    "users": ("users", "object"),
    "accounts": ("users", "account"),
    "groups": ("groups", "object"),
    "teams": ("groups", "team"),
}
"""Side of a state: the section of a file that describes it, and the layer of an entry that is its own."""
ABSENT = "absent"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
KEPT_BY_THE_SERVER = {"id", "schemas", "meta", "groups"}
NAMES = {"users": "userName", "accounts": "userName", "groups": "displayName", "teams": "displayName"}


@pytest.fixture(scope="session")
def change_sets() -> tuple[str, ...]:
    """The change sets in the order in which they are played."""
    return CHANGE_SETS


@pytest.fixture(scope="session")
def expected_document() -> Callable[[str], Any]:
    """One file of the expected states as it was written: ``expected_document("E04")``."""
    return _document


@pytest.fixture(scope="session")
def expected_state() -> Callable[[str, str], State]:
    """The expected state in one dialect: ``expected_state("E04", "legacy")``.

    Names: initial, E01 to E15 (each after all before it), after-restart, after-e15 (as written, not as summed up),
    workteam-profile (the mapping of that name), initial-in-workteam-profile (the default mapping against that profile).
    """
    return _state


@pytest.fixture
def seen_from_entra() -> Callable[..., State]:
    """What the three sides hold, keyed by Entra id, to be compared with an expected state.

    Called with that expected state and three maps: objects by metadata.name (whole WorkteamUsers and WorkteamGroups),
    accounts by id and teams by id (SCIM resources). Within one test it remembers ids, so the member that is left of a
    purged user is recognised. What matches nothing keeps its own id, and so does a second object or account of one
    person: either shows as a difference.
    """
    return _Seen().state


@pytest.fixture(scope="session")
def new_seen() -> Callable[[], Callable[..., State]]:
    """What makes a new ``seen_from_entra``, for a memory that is older than one test."""
    return lambda: _Seen().state


@functools.cache
def _document(name: str) -> Any:
    return yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))


def _state(name: str, dialect: str) -> State:
    if name in {"initial", "after-e15", "workteam-profile"}:
        return _after({side: {} for side in SIDES}, _document(name), dialect)
    if name == "initial-in-workteam-profile":
        kept = _document("workteam-profile")["default_mapping"]["account_attributes"]
        whole = _state("initial", dialect)
        accounts = {who: _cut(account, kept) for who, account in whole["accounts"].items()}
        return whole | {"accounts": accounts, "teams": {}}
    deltas = (*CHANGE_SETS, "after-restart")
    state = _state("initial", dialect)
    for delta in deltas[: deltas.index(name) + 1]:
        state = _after(state, _document(delta), dialect)
    return state


def _after(before: State, document: Any, dialect: str) -> State:
    return {
        side: _side_after(before[side], document[section], ("both", dialect, layer))
        for side, (section, layer) in SIDES.items()
    }


def _side_after(before: Mapping[str, Attributes], entries: Any, layers: tuple[str, ...]) -> dict[str, Attributes]:
    after = dict(before)
    for who, entry in entries.items():
        patches = [entry[layer] for layer in layers if layer in entry]
        if ABSENT in patches:
            after.pop(who, None)
            continue
        attributes = after.get(who, {})
        for patch in patches:
            attributes = _merged(attributes, patch)
        after[who] = _in_order(_with_members(attributes, entry))
    return after


def _merged(target: Any, patch: Any) -> Any:
    """JSON Merge Patch (RFC 7396): null removes, objects merge, everything else replaces."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = _merged(merged.get(key), value)
    return merged


def _with_members(attributes: Attributes, entry: Any) -> Attributes:
    """Apply the additions and removals of a group, as strictly as changes.json does its own."""
    added, removed = set(entry.get("add_members", ())), set(entry.get("remove_members", ()))
    if not added and not removed:
        return attributes
    members = set(attributes["members"])
    if added & members or removed - members:
        raise ValueError(f"already there: {sorted(added & members)}; not there: {sorted(removed - members)}")
    return attributes | {"members": list(members - removed | added)}


def _in_order(attributes: Attributes) -> Attributes:
    """The same with lists in one order: multi-valued attributes of SCIM have none (RFC 7643 §2.4)."""
    return {
        name: sorted(value, key=lambda element: json.dumps(element, sort_keys=True))
        if isinstance(value, list)
        else value
        for name, value in attributes.items()
    }


def _cut(attributes: Attributes, paths: Iterable[str]) -> Attributes:
    """Keep the named attributes: ``title``, ``name.givenName``, or ``emails[work]`` for the elements of one type."""
    kept: Attributes = {}
    for path in paths:
        name, _, kind = path.removesuffix("]").partition("[")
        name, _, part = name.partition(".")
        value = attributes.get(name)
        if kind:
            value = [element for element in value or () if element["type"] == kind]
        if part:
            value = {key: each for key, each in (value or {}).items() if key == part}
        if value not in (None, [], {}):
            kept[name] = kept.get(name, {}) | value if part else value
    return kept


class _Seen:
    """Remembers whose each id of ours or of Workteam is."""

    def __init__(self) -> None:
        self._owners: dict[str, str] = {}

    def state(
        self,
        expected: State,
        objects: Mapping[str, Any],
        accounts: Mapping[str, Any],
        teams: Mapping[str, Any],
    ) -> State:
        found = {
            "users": {name: _spec(each) for name, each in objects.items() if each["kind"] == "WorkteamUser"},
            "groups": {name: _spec(each) for name, each in objects.items() if each["kind"] == "WorkteamGroup"},
            "accounts": {key: _attributes(each) for key, each in accounts.items()},
            "teams": {key: _attributes(each) | {"members": _values(each)} for key, each in teams.items()},
        }
        keys = {side: self._recognised(found[side], expected[side], NAMES[side]) for side in SIDES}
        return {
            side: {keys[side][own]: _in_order(self._translated(each)) for own, each in found[side].items()}
            for side in SIDES
        }

    def _recognised(
        self, found: Mapping[str, Attributes], expected: Mapping[str, Attributes], name: str
    ) -> dict[str, str]:
        """Entra's id of each of our ids: the remembered one, else by externalId (exactly), else by name (any case)."""
        by_external_id = {each["externalId"]: who for who, each in expected.items()}
        by_name = {each[name].casefold(): who for who, each in expected.items()}
        keys: dict[str, str] = {}
        for own, each in found.items():
            match = by_external_id.get(each.get("externalId", ""), by_name.get(each[name].casefold(), own))
            owner = self._owners.setdefault(own, match)
            keys[own] = own if owner in keys.values() else owner
        return keys

    def _translated(self, attributes: Attributes) -> Attributes:
        """Manager and members, written as Entra's ids."""
        translated = dict(attributes)
        if "members" in translated:
            translated["members"] = [self._owners.get(member, member) for member in translated["members"]]
        manager = translated.get("enterprise", {}).get("manager")
        if manager is not None:
            value = {"value": self._owners.get(manager["value"], manager["value"])}
            translated["enterprise"] = translated["enterprise"] | {"manager": value}
        return translated


def _spec(found: Any) -> Attributes:
    spec = {name: value for name, value in found["spec"].items() if name != "tenantRef"}
    return spec if found["kind"] == "WorkteamUser" else {"members": []} | spec


def _attributes(resource: Any) -> Attributes:
    attributes = {name: value for name, value in resource.items() if name not in KEPT_BY_THE_SERVER}
    if ENTERPRISE in attributes:
        attributes["enterprise"] = attributes.pop(ENTERPRISE)
    return attributes


def _values(team: Any) -> list[str]:
    return [member["value"] for member in team.get("members", ())]
