"""What a stand-in tenant holds, read page by page over SCIM, as a person would want to see it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
from pydantic import BaseModel, ConfigDict, Field

from workteam_cli.dev_stack import Endpoint, running_stack
from workteam_cli.output import Exit, Problem
from workteam_cli.tenant.profiles import ENTERPRISE

PAGE = 100


class Manager(BaseModel):
    """The manager of an account, by the manager's account id."""

    model_config = ConfigDict(frozen=True)

    value: str | None = None


class Enterprise(BaseModel):
    """The enterprise attributes that a listing shows."""

    model_config = ConfigDict(frozen=True)

    department: str | None = None
    manager: Manager = Manager()


class Account(BaseModel):
    """What a listing shows of a user."""

    model_config = ConfigDict(frozen=True)

    id: str
    user_name: str = Field(alias="userName")
    external_id: str | None = Field(default=None, alias="externalId")
    active: bool | None = None
    display_name: str | None = Field(default=None, alias="displayName")
    title: str | None = None
    enterprise: Enterprise = Field(default=Enterprise(), alias=ENTERPRISE)


class Member(BaseModel):
    """A member of a team, by account id."""

    model_config = ConfigDict(frozen=True)

    value: str


class Team(BaseModel):
    """What a listing shows of a group."""

    model_config = ConfigDict(frozen=True)

    id: str
    display_name: str = Field(alias="displayName")
    external_id: str | None = Field(default=None, alias="externalId")
    members: tuple[Member, ...] = ()


def dev_stack_endpoint() -> Endpoint:
    """Return the stand-in of the running dev stack; raises ``Problem`` (no input) if there is none."""
    stack = running_stack()
    if stack is None:
        sentence = "no dev stack is running here: start one with `workteam dev up`, or give --base-url and --token-file"
        raise Problem(sentence, Exit.NO_INPUT)
    return stack.workteam


def read_endpoint(base_url: str, token_file: Path) -> Endpoint:
    """Return a tenant by its URL and the first line of a file; raises ``Problem`` (no input, bad file)."""
    try:
        words = token_file.read_text().split()
    except OSError as error:
        raise Problem(f"cannot read the token file {token_file}: {error.strerror}", Exit.NO_INPUT) from error
    if not words:
        raise Problem(f"{token_file} holds no token", Exit.BAD_FILE)
    return Endpoint(base_url, words[0])


def read_resources(endpoint: Endpoint, path: str) -> list[dict[str, Any]] | None:
    """Return all of ``/Users`` or ``/Groups`` as the tenant shows them; None if it has no such endpoint."""
    headers = {"Authorization": f"Bearer {endpoint.token}"}
    try:
        with httpx.Client(base_url=endpoint.base_url, headers=headers, timeout=30, trust_env=False) as client:
            return (
                None
                if client.get(path, params={"count": 0}).status_code == httpx.codes.NOT_FOUND
                else list(_pages(client, path))
            )
    except (httpx.TransportError, httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        sentence = f"no tenant answers at {endpoint.base_url}: {type(error).__name__}; is it running?"
        raise Problem(sentence, Exit.UNAVAILABLE) from error


def _pages(client: httpx.Client, path: str) -> Iterator[dict[str, Any]]:
    start = 1
    while True:
        response = client.get(path, params={"startIndex": start, "count": PAGE})
        if response.status_code in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
            raise Problem(f"the tenant refuses this token ({response.status_code})", Exit.DENIED)
        if not response.is_success:
            raise Problem(f"GET {path} was answered {response.status_code}: try again later", Exit.UNAVAILABLE)
        try:
            resources = response.json().get("Resources", [])
        except (ValueError, AttributeError) as error:
            raise Problem(f"GET {path} was not answered by a SCIM server: check the URL", Exit.UNAVAILABLE) from error
        yield from resources
        if len(resources) < PAGE:
            return
        start += PAGE
