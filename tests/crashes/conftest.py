"""A tenant as its three sides see it: Entra's client, the objects in the cluster, accounts and teams in Workteam."""

import copy
import itertools
import time
from collections.abc import Callable
from typing import Any, Self

import httpx
import pytest

from workteam_cli.controlplane.stack import RunningTenant

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
NUMBERS = itertools.count(1)
LONGEST = 60.0
"""Seconds until a condition that does not come about fails a test."""


class Scene:
    """One tenant with names of its own: Entra's client for it, its objects, and what Workteam has of them."""

    def __init__(self, running: RunningTenant, api: httpx.Client, workteam: httpx.Client) -> None:
        self.number = next(NUMBERS)
        self.tenant = running.settings.name
        self.user_name = f"ana.{self.number}@contoso.example"
        self.crew = f"Crew {self.number}."
        self.user_id = self.group_id = "none"
        headers = {"Authorization": f"Bearer {running.scim.token}", "Content-Type": "application/scim+json"}
        self._entra = httpx.Client(base_url=running.scim.base_url, headers=headers, timeout=30, trust_env=False)
        self._objects = f"/apis/workte.am/v1alpha1/namespaces/{running.settings.namespace}"
        self._api = api
        self._workteam = workteam

    def close(self) -> None:
        """Close the client's connections."""
        self._entra.close()

    def another(self) -> Self:
        """Return another user and another group of the same tenant; close this one, as its connections are shared."""
        other = copy.copy(self)
        other.number = next(NUMBERS)
        other.user_name, other.crew = f"ana.{other.number}@contoso.example", f"Crew {other.number}."
        return other

    def create_user(self) -> httpx.Response:
        """POST the user as Entra does."""
        names = {"displayName": "Ana", "name": {"givenName": "Ana", "familyName": "Lima"}}
        user = {"schemas": [USER], "userName": self.user_name, "externalId": f"ana.{self.number}", "active": True}
        return self._entra.post("/Users", json=user | names)

    def create_group(self) -> httpx.Response:
        """POST the group as Entra does: without members."""
        body = {"schemas": [GROUP], "displayName": self.crew, "externalId": f"crew.{self.number}"}
        return self._entra.post("/Groups", json=body)

    def patch_user(self, verb: str, path: str, value: str) -> httpx.Response:
        """PATCH one attribute of the user in the legacy dialect."""
        return self._patch(f"/Users/{self.user_id}", {"op": verb, "path": path, "value": value})

    def patch_members(self, verb: str) -> httpx.Response:
        """Add the user to the group, or remove her."""
        value = [{"$ref": None, "value": self.user_id}]
        return self._patch(f"/Groups/{self.group_id}", {"op": verb, "path": "members", "value": value})

    def delete(self, path: str) -> httpx.Response:
        """DELETE the user or the group."""
        return self._entra.delete(path)

    def match(self, endpoint: str) -> list[dict[str, Any]]:
        """Ask Entra's matching query, as before each create and after a lost answer."""
        attribute, value = ("userName", self.user_name) if endpoint == "Users" else ("displayName", self.crew)
        query = {"filter": f'{attribute} eq "{value}"', "excludedAttributes": "members"}
        return _found(self._entra.get(f"/{endpoint}", params=query))

    def answers(self) -> bool:
        """Whether the facade serves the tenant."""
        return self._entra.get("/Users", params={"count": 1}).is_success

    def bring(self, *needs: str) -> None:
        """Create a ``user``, a ``group`` and make the one a ``member`` of the other."""
        if "user" in needs:
            self.user_id = self.create_user().raise_for_status().json()["id"]
        if "group" in needs:
            self.group_id = self.create_group().raise_for_status().json()["id"]
        if "member" in needs:
            self.patch_members("Add").raise_for_status()

    def objects(self, plural: str) -> list[dict[str, Any]]:
        """Return the tenant's objects of a kind as the API server has them."""
        own = {"fieldSelector": f"spec.tenantRef.name={self.tenant}"}
        listed = self._api.get(f"{self._objects}/{plural}", params=own).raise_for_status()
        items: list[dict[str, Any]] = listed.json()["items"]
        return items

    def account_id(self) -> str:
        """Return the id that the operator recorded for the user."""
        return self._recorded("workteamusers", "accountID")

    def team_id(self) -> str:
        """Return the id that the operator recorded for the group."""
        return self._recorded("workteamgroups", "teamID")

    def everywhere(self) -> dict[str, list[str]]:
        """Describe the user and the group in a word each, as objects and as account and team."""
        users = [each for each in self.objects("workteamusers") if each["spec"]["userName"] == self.user_name]
        groups = [each for each in self.objects("workteamgroups") if each["spec"]["displayName"] == self.crew]
        accounts = self._held("Users", f'userName eq "{self.user_name}"')
        teams = self._held("Groups", f'displayName eq "{self.crew}"')
        ids = {user["metadata"]["name"] for user in users} | {account["id"] for account in accounts}
        return {
            "users": [_person(user["spec"]) for user in users],
            "accounts": [_person(account) for account in accounts],
            "groups": [_crew(group["spec"].get("members", []), ids) for group in groups],
            "teams": [_crew([each["value"] for each in team.get("members", [])], ids) for team in teams],
        }

    def settled(self) -> bool:
        """Whether every object is Ready with its last spec, none is terminating, and nothing is under way."""
        return all(_is_ready(each) for kind in ("workteamusers", "workteamgroups") for each in self.objects(kind))

    def _patch(self, path: str, operation: dict[str, Any]) -> httpx.Response:
        return self._entra.patch(path, json={"schemas": [PATCH_OP], "Operations": [operation]})

    def _recorded(self, plural: str, name: str) -> str:
        return next((str(each["status"][name]) for each in self.objects(plural)), "none")

    def _held(self, endpoint: str, condition: str) -> list[dict[str, Any]]:
        return _found(self._workteam.get(f"/{endpoint}", params={"filter": condition}))


@pytest.fixture(scope="package", name="until")
def until_fixture() -> Callable[[Callable[[], Any]], None]:
    """What waits until a condition holds."""
    return until


@pytest.fixture(scope="package")
def new_scene() -> Callable[[RunningTenant, httpx.Client, httpx.Client], Scene]:
    """What makes a scene of a tenant, of a client of the API server, and of one of Workteam."""
    return Scene


def until(condition: Callable[[], Any]) -> None:
    """Wait until a condition holds, or long enough: the assertion that follows says what is wrong."""
    deadline = time.monotonic() + LONGEST
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)


def _found(answer: httpx.Response) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = answer.raise_for_status().json().get("Resources", [])
    return found


def _person(attributes: dict[str, Any]) -> str:
    word = "active" if attributes["active"] else "inactive"
    return " ".join([word, *attributes.get("title", "").lower().split()])


def _crew(members: list[str], ids: set[str]) -> str:
    return " ".join("ana" if member in ids else "somebody else" for member in members) or "empty"


def _is_ready(resource: dict[str, Any]) -> bool:
    status = resource.get("status", {})
    ready = next((each for each in status.get("conditions", []) if each["type"] == "Ready"), {"status": "False"})
    return (
        ready["status"] == "True"
        and status.get("observedGeneration") == resource["metadata"]["generation"]
        and not status.get("pendingCreate")
        and not status.get("booked")
        and "deletionTimestamp" not in resource["metadata"]
    )
