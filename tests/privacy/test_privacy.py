"""Facade and operator at DEBUG, a whole rehearsal, and failures: no token, name or address where it must not be."""

import asyncio
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import yaml

from workteam_cli.controlplane.settings import FACADE, OPERATOR, StackSettings, TenantSettings
from workteam_cli.controlplane.stack import Stack, running
from workteam_cli.rehearsal.changes import load_changes
from workteam_cli.rehearsal.directory import SAMPLE, Directory
from workteam_cli.rehearsal.service import rehearsing
from workteam_cli.rehearsal.timeline import play
from workteam_cli.tenant.faults import Answer, Fault, RefuseAttribute, Reset
from workteam_cli.testing import Onlooker, until

SHORT_WAITS = {"BACKOFF_FIRST": 0.1, "BACKOFF_LONGEST": 1, "CREATE_SETTLE": 2, "PROBE_INTERVAL": 1}
UNHURRIED = {"workteam": {"requestsPerSecond": 1000}}
NAMES = ("displayName", "givenName", "surname", "mailNickname")
ADDRESSES = ("userPrincipalName", "mail", "otherMails", "proxyAddresses", "streetAddress")
NUMBERS = ("mobilePhone", "businessPhones", "faxNumber")
COMMON: frozenset[str] = frozenset()
"""Parts of names that are words of logs and metrics too; the whole names of these people are searched for."""
SHORTEST = 3
"""Letters of the shortest part of a name that is searched for alone."""

FAULTS: tuple[Fault, ...] = (
    RefuseAttribute(attribute="title", method="POST", body="PattiF@contoso.com"),
    RefuseAttribute(attribute="addresses", method="POST", body="DebraB@contoso.com"),
    Answer(status=409, method="POST", body="EmilyB@contoso.com"),
    Answer(status=403, method="POST", body="KaetheS@contoso.com", count=1),
    Answer(status=503, method="POST", body="Siobhan.O'Malley@contoso.com", count=2, retry_after="0"),
    Reset(method="POST", body="ZoeL@contoso.com", count=1),
    Answer(status=500, method="GET", query="AlexW", count=1),
    Answer(status=400, method="PATCH", body="members", count=1),
)
"""What Workteam does to some people and to one team; each names somebody in the request that it meets."""


def people() -> Iterator[Mapping[str, Any]]:
    """Yield every state of every user that the sample directory and its changes name."""
    yield from json.loads((SAMPLE / "contoso.json").read_text("utf-8"))["users"]
    for change_set in json.loads((SAMPLE / "changes.json").read_text("utf-8")):
        for change in change_set["changes"]:
            if change["target"].startswith("users/") and "value" in change:
                yield change["value"] if "property" not in change else {change["property"]: change["value"]}


def words_of(person: Mapping[str, Any]) -> Iterator[str]:
    """Yield what nobody may read of a person: names, their parts, addresses, numbers."""
    for name in (*NAMES, *ADDRESSES, *NUMBERS):
        value = person.get(name)
        for text in value if isinstance(value, list) else [value]:
            if text:
                yield text.removeprefix("SMTP:").removeprefix("smtp:").strip()
    for name in NAMES:
        for part in re.split(r"[\s()@.#_]+", person.get(name) or ""):
            if len(part) >= SHORTEST and part.casefold() not in COMMON:
                yield part


def forms(word: str) -> Iterator[str]:
    """Yield how a text may be written in a log: as it is, folded, escaped as JSON or Python do, or in a URL."""
    for text in (word, word.casefold(), unicodedata.normalize("NFC", word)):
        yield text
        yield json.dumps(text)[1:-1]
        yield quote(text)
        yield quote(text, safe="")
        yield repr(text)[1:-1]


class Search:
    """Finds words in texts, whole ones, in any case and form."""

    def __init__(self, words: set[str]) -> None:
        found = sorted({form.casefold() for word in words for form in forms(word)}, key=len, reverse=True)
        self._pattern = re.compile(r"(?<![^\W_])(?:" + "|".join(map(re.escape, found)) + r")(?![^\W_])")

    def lines(self, text: str) -> list[str]:
        """Return the lines in which something is, each with what it is."""
        return [
            f"{match[0]!r} in {line}" for line in text.splitlines() for match in self._pattern.finditer(line.casefold())
        ]


def tokens_of(stack: Stack) -> set[str]:
    """Return every token that a process holds, and the parts of each that are secret by themselves."""
    [tenant] = stack.tenants.values()
    _, _, secret = tenant.scim.token.split("_", 2)
    found = {tenant.scim.token, secret, tenant.workteam.token}
    for name in (FACADE, OPERATOR):
        kubeconfig = yaml.safe_load((stack.processes.home / "kubeconfigs" / name).read_text("utf-8"))
        [user] = kubeconfig["users"]
        _, claims, signature = user["user"]["token"].split(".")
        found |= {user["user"]["token"], claims, signature}
    return found


@pytest.fixture(scope="module")
def words() -> set[str]:
    """Everything that is to be searched for of people."""
    return {word for person in people() for word in words_of(person)}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, str], set[str]]]:
    """What facade and operator told everybody about a rehearsal with failures, by where; and the tokens."""
    tenant = TenantSettings(spec=UNHURRIED)
    home = tmp_path_factory.mktemp("privacy")
    settings = StackSettings(home, tenants=(tenant,), log_level="DEBUG", operator_settings=SHORT_WAITS, durable=False)
    with running(settings) as stack:
        onlooker = Onlooker(stack, stack.tenants[tenant.label])
        asyncio.run(rehearse_with_failures(onlooker))
        asyncio.run(ask_for_trouble(onlooker))
        before = {f"metrics of {name} before": onlooker.metrics(name) for name in (FACADE, OPERATOR)}
        for name in (FACADE, OPERATOR):
            stack.restart(name)
        onlooker.settled()
        yield before | tellings(onlooker), tokens_of(stack)


async def rehearse_with_failures(onlooker: Onlooker) -> None:
    """Play the whole story while Workteam makes trouble."""
    with onlooker.control() as control:
        numbers = [control.add(fault) for fault in FAULTS]
        async with rehearsing(onlooker.rehearsal()) as rehearsal:
            directory, changes = Directory.load(SAMPLE / "contoso.json"), load_changes(SAMPLE / "changes.json")
            await play(rehearsal, directory)
            await play(rehearsal, directory, changes)
        until(lambda: all(map(control.matched().get, numbers)), lambda: f"not every fault was met: {control.matched()}")
        control.clear()


async def ask_for_trouble(onlooker: Onlooker) -> None:
    """Send the facade what it must refuse, with people and tokens in every place of a request."""
    scim = onlooker.tenant.scim
    user = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "Anne.Wallace@contoso.com"}
    patch = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]}
    bad: tuple[tuple[str, str, Any], ...] = (
        ("POST", "/Users", user),
        ("POST", "/Users", {**user, "userName": {"value": "LeeG@contoso.com"}}),
        ("POST", "/Users", {**user, "userName": "new@contoso.com", "displayName": "Lee Gu" * 999}),
        ("POST", "/Users", "Lee Gu"),
        ("GET", "/Users/LeeG@contoso.com", None),
        ("GET", '/Users?filter=userName eq "LeeG@contoso.com" and Lee Gu', None),
        ("GET", "/Lee Gu", None),
        ("PATCH", "/Users/LeeG@contoso.com", {**patch, "Operations": [{"op": "Lee Gu", "path": "Lee Gu"}]}),
        ("DELETE", "/Groups/Lee Gu", None),
    )
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {scim.token}"}, trust_env=False) as client:
        for method, path, body in bad:
            response = await client.request(method, f"{scim.base_url}{path}", json=body)
            assert response.status_code in {400, 404, 409}, (method, path, response.text)
        for token in (f"{scim.token}x", onlooker.tenant.workteam.token):
            denied = await client.get(f"{scim.base_url}/Users", headers={"Authorization": f"Bearer {token}"})
            assert denied.status_code == 401


def tellings(onlooker: Onlooker) -> dict[str, str]:
    """Read logs, Events and metrics."""
    logs = {f"log of {name}": onlooker.stack.processes.log(name).read_text("utf-8") for name in (FACADE, OPERATOR)}
    metrics = {f"metrics of {name}": onlooker.metrics(name) for name in (FACADE, OPERATOR)}
    events = onlooker.access.kubectl("get", "events", "-A", "-o", "json")
    return logs | metrics | {"Events": events}


def test_it_told_a_lot(told: tuple[dict[str, str], set[str]]) -> None:
    """The search has much to look at: logs at DEBUG, Events of successes and failures, metrics, all kinds of tokens."""
    texts, tokens = told
    reasons = {event["reason"] for event in json.loads(texts["Events"])["items"]}
    assert {"Created", "Deactivated", "Stalled"} <= reasons
    assert '"level":"DEBUG"' in texts["log of operator"]
    assert texts["log of facade"].count('"message":"request"') > 200
    assert "scim_requests_total{" in texts["metrics of facade before"]
    assert "workteam_reconcile_total{" in texts["metrics of operator before"]
    assert len(tokens) == 9


def test_no_person_is_told(told: tuple[dict[str, str], set[str]], words: set[str]) -> None:
    """No name, userName, address or number of anybody, in any form."""
    search = Search(words)
    assert {place: found[:5] for place, text in told[0].items() if (found := search.lines(text))} == {}


def test_no_token_is_told(told: tuple[dict[str, str], set[str]]) -> None:
    """Neither Entra's token, nor Workteam's, nor those of the two ServiceAccounts, nor the secret part of one."""
    texts, tokens = told
    assert {place for place, text in texts.items() for token in tokens if token in text} == set()


@pytest.mark.parametrize(
    "canary",
    [
        pytest.param('{"message":"created PattiF@contoso.com"}', id="a userName"),
        pytest.param("created pattif@contoso.com", id="folded"),
        pytest.param("Fernandez", id="a surname alone"),
        pytest.param("GET /Users?filter=userName%20eq%20%22Siobhan.O%27Malley%40contoso.com%22", id="in a URL"),
        pytest.param('{"displayName": "\\u7530\\u4e2d \\u3055\\u304f\\u3089"}', id="escaped"),
        pytest.param("team of Käthe Schönfelder-Groß", id="beyond ASCII"),
        pytest.param("Zo\u00eb", id="composed, where the directory has it decomposed"),
        pytest.param("lynne.okafor", id="a name of a change set"),
        pytest.param("1200 Harbor Avenue", id="an address"),
        pytest.param("call +1 425 555 0101", id="a number"),
    ],
)
def test_a_canary_is_found(told: tuple[dict[str, str], set[str]], words: set[str], tmp_path: Path, canary: str) -> None:
    """Planted into a copy of a real log, it is all that is found."""
    copy = tmp_path / "operator.log"
    lines = told[0]["log of operator"].splitlines()
    middle = len(lines) // 2
    copy.write_text("\n".join([*lines[:middle], canary, *lines[middle:]]), encoding="utf-8")
    assert {line.partition(" in ")[2] for line in Search(words).lines(copy.read_text("utf-8"))} == {canary}


def test_a_token_is_found(told: tuple[dict[str, str], set[str]]) -> None:
    """A planted token would be: the search is for the very text that a request carries."""
    texts, tokens = told
    planted = texts["log of facade"] + f'{{"authorization":"Bearer {max(tokens, key=len)}"}}'
    assert len({token for token in tokens if token in planted}) == 3
