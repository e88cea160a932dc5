"""What a failing tenant becomes: which of the three errors, and that no text holds a query, a value or the token."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest

from workteam_cli.controlplane.ports import free_port
from workteam_cli.tenant.application import StandIn
from workteam_cli.tenant.faults import Answer, RefuseAttribute, Reset, Unanswered
from workteam_operator import metrics
from workteam_operator.backend.port import (
    Account,
    BackendDenied,
    BackendError,
    BackendRejected,
    BackendUnavailable,
    DesiredAccount,
)
from workteam_operator.backend.scim import ScimBackend

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
SECRET = "canary@contoso.example"
ANA = DesiredAccount(user_name=SECRET, external_id=SECRET, active=True, attributes={"title": SECRET})


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
async def test_nobody_must_act_when_the_tenant_cannot_now(stand_in: StandIn, scim: ScimBackend, status: int) -> None:
    """The wait that it asks for comes along."""
    stand_in.control.add(Answer(status=status, retry_after="7"))
    with pytest.raises(BackendUnavailable, match=rf"^GET /Users: HTTP {status}$") as failed:
        await scim.find_accounts(external_id=SECRET, user_name=SECRET)
    assert failed.value.retry_after == timedelta(seconds=7)


@pytest.mark.parametrize("status", [401, 403])
async def test_the_tenants_owner_must_act_when_it_denies(stand_in: StandIn, scim: ScimBackend, status: int) -> None:
    stand_in.control.add(Answer(status=status))
    with pytest.raises(BackendDenied, match=rf"^POST /Users: HTTP {status}$") as failed:
        await scim.create_account(ANA)
    assert failed.value.status == status


async def test_the_objects_author_must_act_when_a_value_is_refused(stand_in: StandIn, scim: ScimBackend) -> None:
    """The tenant's words come apart from the text: they may quote a value."""
    stand_in.control.add(RefuseAttribute(attribute="title"))
    with pytest.raises(BackendRejected, match=r"^POST /Users: HTTP 400$") as failed:
        await scim.create_account(ANA)
    assert (failed.value.status, failed.value.detail) == (400, "The value of title is not allowed")
    assert failed.value.uniqueness is False


@pytest.mark.parametrize("patch", [True, False])
async def test_a_conflict_is_about_a_name_only_if_one_was_sent(
    stand_in: StandIn, scim: ScimBackend, *, patch: bool
) -> None:
    """409 to a change of ``active``, of members or to a DELETE says nothing of who else has which name."""
    stand_in.control.behave(patch=patch)
    await scim.probe()
    account = await scim.create_account(ANA)
    team = await scim.create_team("crew", "crew", frozenset())
    stand_in.control.add(Answer(status=409, method="PATCH|PUT|DELETE"))
    about = {
        "active": scim.update_account(account, {"active": False}),
        "userName": scim.update_account(account, {"userName": "bo"}),
        "externalId": scim.update_account(account, {"externalId": "bo"}),
        "displayName": scim.update_team(team.id, {"displayName": "gang"}),
        "members": scim.change_members(team.id, add=frozenset({account.id}), remove=frozenset()),
        "an account": scim.delete_account(account.id),
    }
    said = {}
    for name, call in about.items():
        with pytest.raises(BackendRejected) as failed:
            await call
        said[name] = failed.value.uniqueness
    assert [name for name, uniqueness in said.items() if uniqueness] == ["userName", "externalId", "displayName"]


async def test_a_reset_leaves_it_open_what_was_done(stand_in: StandIn, scim: ScimBackend) -> None:
    stand_in.control.add(Reset(method="POST"))
    with pytest.raises(BackendUnavailable, match=r"^POST /Users: the connection broke$") as failed:
        await scim.create_account(ANA)
    assert failed.value.retry_after is None
    assert failed.value.undone is False


async def test_a_value_that_cannot_be_written_is_the_authors(scim: ScimBackend) -> None:
    """Half a surrogate pair has no UTF-8; trying again does not help."""
    with pytest.raises(BackendRejected, match=r"^POST /Users: a value is no valid Unicode$"):
        await scim.create_account(DesiredAccount(user_name="\ud800", external_id="1", active=True))


async def test_what_was_never_sent_was_not_done(stand_in: StandIn, scim: ScimBackend) -> None:
    """A refused connection, and a 429, need no waiting for what may have come about (rule A7)."""
    nowhere = ScimBackend.connect(f"http://127.0.0.1:{free_port()}", "t", metrics.meter("test"))
    stand_in.control.add(Answer(status=429))
    for backend in (nowhere, scim):
        with pytest.raises(BackendUnavailable) as failed:
            await backend.create_account(ANA)
        assert failed.value.undone is True
    await nowhere.close()


CALLS: dict[str, Callable[[ScimBackend], Awaitable[object]]] = {
    "GET": lambda scim: scim.read_account("7"),
    "POST": lambda scim: scim.create_account(ANA),
    "PATCH": lambda scim: scim.update_account(Account("7", SECRET, SECRET, active=True), {"title": SECRET}),
    "DELETE": lambda scim: scim.delete_account("7"),
}


@pytest.mark.parametrize("method", CALLS)
async def test_a_request_is_sent_once(stand_in: StandIn, scim: ScimBackend, method: str) -> None:
    """Nothing below us tries again: the caller decides after a lost answer (rule A7)."""
    stand_in.control.add(Reset())
    with pytest.raises(BackendUnavailable, match=r"the connection broke$"):
        await CALLS[method](scim)
    assert [entry.method for entry in stand_in.control.log()] == [method]


async def test_an_answer_that_never_comes_is_an_answer_that_was_lost(stand_in: StandIn) -> None:
    """The time is limited, and the account may be there."""
    backend = ScimBackend.connect(
        stand_in.base_url, stand_in.token, metrics.meter("test"), timeout=timedelta(seconds=1)
    )
    stand_in.control.add(Unanswered(method="POST"))
    with pytest.raises(BackendUnavailable, match=r"^POST /Users: no answer in time$"):
        await backend.create_account(ANA)
    assert len(await backend.find_accounts(external_id=SECRET, user_name=SECRET)) == 1
    await backend.close()


async def test_absence_is_believed_of_scim_alone(stand_in: StandIn) -> None:
    """A proxy's 404 says nothing about an account: it is not gone, and nobody releases its finalizer."""
    elsewhere = stand_in.base_url.replace("/scim/v2", "/elsewhere")
    backend = ScimBackend.connect(elsewhere, stand_in.token, metrics.meter("test"))
    with pytest.raises(BackendUnavailable, match=r"^GET /Users/7: HTTP 404, and not by SCIM$"):
        await backend.read_account("7")
    with pytest.raises(BackendUnavailable, match=r"^DELETE /Users/7: HTTP 404, and not by SCIM$"):
        await backend.delete_account("7")
    await backend.close()


@pytest.mark.parametrize(
    ("base_url", "cause"),
    [
        pytest.param("http://127.0.0.1:{port}/scim/v2", "connection refused", id="nobody listens"),
        pytest.param("http://no-such-host.invalid/scim/v2", "the host name is unknown", id="no such host"),
    ],
)
async def test_an_address_without_a_tenant_is_named(base_url: str, cause: str) -> None:
    """In a few words that an administrator understands."""
    backend = ScimBackend.connect(base_url.format(port=free_port()), "t", metrics.meter("test"))
    with pytest.raises(BackendUnavailable, match=rf"^GET /ServiceProviderConfig: {cause}$"):
        await backend.probe()
    await backend.close()


async def test_a_server_without_tls_is_named(stand_in: StandIn) -> None:
    backend = ScimBackend.connect(stand_in.base_url.replace("http:", "https:"), "t", metrics.meter("test"))
    with pytest.raises(BackendUnavailable, match=r"^GET /ServiceProviderConfig: no TLS at this address$"):
        await backend.probe()
    await backend.close()


@pytest.mark.parametrize(
    ("base_url", "token"),
    [
        ("http://[::1", "t"),
        ("http://me:secret@x.example", "t"),
        ("http://x.example", "tökén"),
        ("http://x.example", "a\nb"),
    ],
)
def test_what_cannot_be_sent_is_refused_at_once(base_url: str, token: str) -> None:
    """And neither is quoted."""
    with pytest.raises(BackendRejected, match=r"^The Base URL or the token is malformed$"):
        ScimBackend.connect(base_url, token, metrics.meter("test"))


@pytest.fixture
async def reader(stand_in: StandIn) -> AsyncIterator[ScimBackend]:
    backend = ScimBackend.connect(stand_in.base_url, stand_in.reader_token, metrics.meter("test"))
    yield backend
    await backend.close()


async def test_the_probe_of_an_administrator_has_no_effect(stand_in: StandIn, scim: ScimBackend) -> None:
    """It reads three documents and changes an account that is not there."""
    await scim.probe()
    asked = [
        (entry.method, entry.path.rpartition("/")[0] or entry.path, entry.status) for entry in stand_in.control.log()
    ]
    assert asked == [
        ("GET", "/ServiceProviderConfig", 200),
        ("GET", "/ResourceTypes", 200),
        ("GET", "/Schemas", 200),
        ("PATCH", "/Users", 404),
    ]


async def test_the_probe_finds_out_that_a_token_may_only_read(reader: ScimBackend) -> None:
    """Before the first user fails. The text is the same every time, so a status is not written again."""
    with pytest.raises(BackendDenied, match=r"^PATCH /Users/\{id\}: HTTP 403$") as denied:
        await reader.probe()
    assert denied.value.status == 403


async def test_the_probe_finds_out_without_patch_too(stand_in: StandIn, reader: ScimBackend) -> None:
    stand_in.control.behave(patch=False)
    with pytest.raises(BackendDenied, match=r"^DELETE /Users/\{id\}: HTTP 403$"):
        await reader.probe()


async def test_the_probe_reads_what_the_tenant_can(scim: ScimBackend, documented: StandIn) -> None:
    """The full core and enterprise schemas with Groups; or the eight attributes that Workteam documents, without."""
    full = await scim.probe()
    small_backend = ScimBackend.connect(documented.base_url, documented.token, metrics.meter("test"))
    small = await small_backend.probe()
    await small_backend.close()
    assert (full.patch, full.groups, small.patch, small.groups) == (True, True, True, False)
    assert {"phoneNumbers.type", "addresses.locality", f"{ENTERPRISE}:costCenter"} <= full.attributes
    assert small.attributes == {
        "userName",
        "active",
        "name.givenName",
        "name.familyName",
        "displayName",
        "title",
        "nickName",
        "emails",
        "emails.value",
        "emails.display",
        "emails.type",
        "emails.primary",
        'emails[type eq "work"]',
        f"{ENTERPRISE}:department",
        f"{ENTERPRISE}:manager",
        f"{ENTERPRISE}:manager.value",
        f"{ENTERPRISE}:manager.$ref",
    }


async def test_no_text_and_no_log_names_a_person_or_the_token(
    stand_in: StandIn, scim: ScimBackend, caplog: pytest.LogCaptureFixture
) -> None:
    """Not in what is raised, what caused it, nor in any library's log at DEBUG."""
    caplog.set_level(logging.DEBUG)
    for fault in (Answer(status=503), Answer(status=401), Answer(status=400), Reset()):
        stand_in.control.clear()
        stand_in.control.add(fault)
        for call in (
            scim.find_accounts(external_id=SECRET, user_name=SECRET),
            scim.create_account(ANA),
            scim.find_teams(external_id=SECRET, display_name=SECRET),
        ):
            with pytest.raises(BackendError) as failed:
                await call
            assert (failed.value.__cause__, failed.value.__suppress_context__ or None) in {(None, True), (None, None)}
            assert "canary" not in str(failed.value)
    # The tenant itself runs in this process; what its server logs is not ours.
    written = "\n".join(record.getMessage() for record in caplog.records if not record.name.startswith("uvicorn"))
    assert "canary" not in written
    assert stand_in.token not in written
