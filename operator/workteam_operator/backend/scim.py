"""A Workteam tenant by SCIM 2.0 (RFC 7644)."""

import uuid
from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Self
from urllib.parse import quote

from workteam_crds.cluster.fenced import Fence
from workteam_crds.naming import folded
from workteam_operator.backend import wire
from workteam_operator.backend.port import (
    Account,
    Attributes,
    BackendRejected,
    BackendUnavailable,
    Capabilities,
    DesiredAccount,
    Page,
    Team,
)
from workteam_operator.backend.transport import TIMEOUT, Meter, Transport, identified, parsed, resource

ACCOUNTS_A_PAGE, TEAMS_A_PAGE = 100, 20
"""How much of a list is asked for at once; a team comes with its members."""


class ScimBackend:
    """One tenant; see ``port.Backend`` for the promises."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._patch = True
        self._asked_for: str | None = None
        self._silent: set[str] = set()
        """Where a PATCH is answered with 204 unless attributes are asked for: some servers lose what is not."""
        self._members_at_once = wire.MOST_MEMBERS

    @classmethod
    def connect(
        cls, base_url: str, token: str, meter: Meter, *, timeout: timedelta = TIMEOUT, fence: Fence | None = None
    ) -> Self:
        """Prepare a client; nothing is sent yet. Raises ``BackendRejected`` if URL or token are malformed.

        With a ``fence`` each request has to pass it, and takes no longer than it allows.
        """
        return cls(Transport.connect(base_url, token, meter, timeout, fence))

    async def probe(self) -> Capabilities:
        """Read what the tenant can do, then prove that the token may write."""
        config = await self._document("/ServiceProviderConfig")
        kinds = await self._search("/ResourceTypes")
        schemas = await self._search("/Schemas")
        found = wire.capabilities(config, kinds, schemas)
        await self._prove_permission(patch=found.patch)
        self._patch = found.patch
        self._asked_for = wire.asked_for(found)
        self._members_at_once = wire.members_at_once(config)
        return found

    async def find_accounts(self, *, external_id: str | None, user_name: str) -> tuple[Account, ...]:
        """Search by externalId, then by userName."""
        found = await self._find("/Users", {"externalId": external_id, "userName": user_name})
        accounts = map(wire.read_account, found)
        return tuple(a for a in accounts if _is(external_id, a.external_id) or _named(user_name, a.user_name))

    async def list_accounts(self, start: int) -> Page[Account]:
        """Read one page of all accounts."""
        page = await self._page("/Users", start, ACCOUNTS_A_PAGE)
        return Page(tuple(map(wire.read_account, page.found)), page.total, page.start)

    async def read_account(self, account_id: str) -> Account | None:
        """Read one account."""
        raw = await self._read(_path("/Users", account_id))
        return None if raw is None else wire.read_account(raw)

    async def create_account(self, desired: DesiredAccount) -> Account:
        """Create an account."""
        return wire.read_account(await self._create("/Users", wire.account_body(desired)))

    async def update_account(self, account: Account, changes: Attributes) -> Account | None:
        """Change an account by PATCH, or without it by reading and writing the whole."""
        raw = await self._update(_path("/Users", account.id), changes, attributes=self._asked_for)
        return None if raw is None else wire.read_account(raw)

    async def delete_account(self, account_id: str) -> None:
        """Delete an account."""
        await self._transport.send("DELETE", _path("/Users", account_id))

    async def find_teams(self, *, external_id: str | None, display_name: str) -> tuple[Team, ...]:
        """Search by externalId, then by displayName."""
        wanted = {"externalId": external_id, "displayName": display_name}
        found = await self._find("/Groups", wanted, excludedAttributes="members")
        teams = [wire.read_team(raw, members=False) for raw in found]
        return tuple(t for t in teams if _is(external_id, t.external_id) or _named(display_name, t.display_name))

    async def list_teams(self, start: int) -> Page[Team]:
        """Read one page of all teams."""
        page = await self._page("/Groups", start, TEAMS_A_PAGE)
        return Page(tuple(wire.read_team(raw, members=True) for raw in page.found), page.total, page.start)

    async def read_team(self, team_id: str) -> Team | None:
        """Read one team with its members."""
        raw = await self._read(_path("/Groups", team_id))
        return None if raw is None else wire.read_team(raw, members=True)

    async def create_team(self, display_name: str, external_id: str, members: frozenset[str]) -> Team:
        """Create a team, with as many members as fit into one request: what is answered tells who."""
        first, _ = next(wire.member_batches(members, frozenset(), self._members_at_once))
        body = wire.team_body(display_name, external_id, first)
        return wire.read_team(await self._create("/Groups", body), members=True)

    async def update_team(self, team_id: str, changes: Attributes) -> Team | None:
        """Change a team by PATCH, or without it by reading and writing the whole."""
        raw = await self._update(_path("/Groups", team_id), changes, attributes="displayName,externalId")
        return None if raw is None else wire.read_team(raw, members=False)

    async def change_members(self, team_id: str, *, add: frozenset[str], remove: frozenset[str]) -> bool:
        """Add and remove members by as few PATCHes as may be, or without it by reading and writing the whole."""
        path = _path("/Groups", team_id)
        if self._patch:
            return await self._patch_members(path, add - remove, remove)
        raw = await self._read(path)
        if raw is None:
            return False
        members = (wire.read_team(raw, members=True).members or frozenset()) - remove | add - remove
        raw["members"] = [{"value": member} for member in sorted(members)]
        return (await self._transport.send("PUT", path, body=raw)).status != HTTPStatus.NOT_FOUND

    async def _patch_members(self, path: str, add: frozenset[str], remove: frozenset[str]) -> bool:
        for come, go in wire.member_batches(add, remove, self._members_at_once):
            answer = await self._transport.send("PATCH", path, body=wire.members_body(come, go))
            if answer.status == HTTPStatus.NOT_FOUND:
                return False
        return True

    async def delete_team(self, team_id: str) -> None:
        """Delete a team."""
        await self._transport.send("DELETE", _path("/Groups", team_id))

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()

    async def _prove_permission(self, *, patch: bool) -> None:
        """Ask for a write that cannot have an effect. Without PATCH a DELETE: a PUT might create what it names."""
        path = f"/Users/{uuid.uuid4()}"
        try:
            if patch:
                await self._transport.send(
                    "PATCH", path, shown="/Users/{id}", body=wire.patch_body({"displayName": "probe"})
                )
            else:
                await self._transport.send("DELETE", path, shown="/Users/{id}")
        except BackendRejected:
            return  # it may write, and looked at the body before the id

    async def _find(self, path: str, wanted: Mapping[str, str | None], **query: str) -> list[wire.Json]:
        """Search by one attribute after the other, and return each resource once."""
        found: dict[str, wire.Json] = {}
        for name, value in wanted.items():
            if value is not None:
                condition = f"{name} eq {wire.quoted(value)}"
                for raw in await self._search(path, filter=condition, **query):
                    found[identified(raw, f"GET {path}")["id"]] = raw
        return list(found.values())

    async def _search(self, path: str, **query: str) -> list[wire.Json]:
        """Read a list to its end. A page that is shorter than announced is no answer."""
        found: list[wire.Json] = []
        while True:
            start = {"startIndex": str(len(found) + 1)} if found else {}
            page = await self._document(path, **query, **start)
            resources = page.get("Resources") or []
            found += resources
            if len(found) >= page.get("totalResults", 0):
                return found
            if not resources:
                raise BackendUnavailable(f"GET {path}: the list is shorter than its totalResults")

    async def _page(self, path: str, start: int, count: int) -> wire.Listed:
        """Read one page; anything that is none is no answer."""
        raw = await self._document(path, startIndex=str(start), count=str(count))
        if (page := wire.read_page(raw)) is None:
            raise BackendUnavailable(f"GET {path}: the answer is no list")
        return page

    async def _document(self, path: str, **query: str) -> wire.Json:
        answer = await self._transport.send("GET", path, query=query or None)
        if answer.status == HTTPStatus.NOT_FOUND:
            raise BackendRejected(f"GET {path}: HTTP 404", status=404)
        return parsed(answer, f"GET {path}")

    async def _read(self, path: str, **query: str) -> wire.Json | None:
        answer = await self._transport.send("GET", path, query=query or None)
        return None if answer.status == HTTPStatus.NOT_FOUND else resource(answer, f"GET {path}")

    async def _create(self, path: str, body: wire.Json) -> wire.Json:
        answer = await self._transport.send("POST", path, body=body, names=True)
        if answer.status == HTTPStatus.NOT_FOUND:
            raise BackendRejected(f"POST {path}: HTTP 404", status=404)
        return resource(answer, f"POST {path}")

    async def _update(self, path: str, changes: Attributes, *, attributes: str | None) -> wire.Json | None:
        """Change a resource, and return it as it then is: by the answer that was asked for, or by another look."""
        collection, names = path.rpartition("/")[0], not wire.NAMES.isdisjoint(changes)
        if self._patch:
            query = {"attributes": attributes} if attributes and collection in self._silent else None
            body = wire.patch_body(changes)
            answer = await self._transport.send("PATCH", path, query=query, body=body, names=names)
        else:
            raw = await self._read(path)
            if raw is None:
                return None
            wire.changed(raw, changes)
            answer = await self._transport.send("PUT", path, body=raw, names=names)
        match answer.status:
            case HTTPStatus.NOT_FOUND:
                return None
            case HTTPStatus.NO_CONTENT:
                self._silent.add(collection)
                return await self._read(path, excludedAttributes="members")
            case _:
                return resource(answer, f"{answer.method} {path}")


def _path(collection: str, resource_id: str) -> str:
    return f"{collection}/{quote(resource_id, safe='')}"


def _is(wanted: str | None, found: str | None) -> bool:
    return wanted is not None and wanted == found


def _named(wanted: str, found: str) -> bool:
    return folded(wanted) == folded(found)
