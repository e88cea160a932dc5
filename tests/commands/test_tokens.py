"""``workteam token`` and ``workteam settings``: Base URL and Bearer Tokens."""

import asyncio
import base64
import json
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import httpx
import pytest

from workteam_cli.bearer_tokens import bearer_tokens, create_token, read_entries, revoke_tokens
from workteam_cli.controlplane.access import Access
from workteam_cli.controlplane.stack import RunningTenant, Stack
from workteam_crds.cluster.kubernetes import KubernetesCluster
from workteam_crds.cluster.releases import Release
from workteam_crds.naming import TenantKey
from workteam_crds.part import rfc3339
from workteam_crds.testing import a_tenant
from workteam_scim.tokens import TokenEntry, handle_of

if TYPE_CHECKING:
    from tests.commands.conftest import Run


NOT_HTTPS = (
    "The Base URL is not https: Entra calls only https addresses with a certificate of a public authority. "
    "Set externalURL of the chart to one."
)


def entries(access: Access) -> Mapping[str, TokenEntry | None]:
    """Read what the release remembers."""
    secret = access.get("secret", "workteam-scim-tokens", "-n", "workteam-system") or {}
    return {handle: TokenEntry.read(base64.b64decode(value)) for handle, value in (secret.get("data") or {}).items()}


def test_a_token_is_shown_once_and_kept_hashed(
    cluster_access: Access, initech: tuple[str, ...], workteam: "Run"
) -> None:
    """Only stdout of ``create`` has the token; the Secret has what verifies it, for that tenant, until it expires."""
    ran = workteam("token", "create", *initech, "--expires-in", "365d")

    assert ran.code == 0
    assert re.fullmatch(r"wt_[0-9a-f]{12}_[\w-]{43}", ran.out)
    entry = entries(cluster_access)[handle_of(ran.out) or ""]
    assert entry is not None
    assert entry.tenant == f"workteam/{initech[-1]}"
    assert entry.expires == entry.created + timedelta(days=365)
    assert entry.opens(ran.out, datetime.now(UTC))
    assert not entry.opens(ran.out[:-1], datetime.now(UTC))
    secret = ran.out.split("_", 2)[2]
    shown = [workteam(*words, *initech, "-o", "json") for words in (["token", "list"], ["settings"])]
    assert [secret in one.out + one.err for one in [*shown, ran]] == [False, False, True]
    assert (secret in ran.err, secret in str(cluster_access.get("secret", "-A"))) == (False, False)


def test_several_are_active_until_revoked(cluster_access: Access, initech: tuple[str, ...], workteam: "Run") -> None:
    """Two tokens are listed by handle; a revoked one is gone from the Secret, and the other still opens."""
    one, two = (json.loads(workteam("token", "create", *initech, "-o", "json").out) for _ in range(2))
    listed = json.loads(workteam("token", "list", *initech, "-o", "json").out)
    assert sorted(entry["handle"] for entry in listed) == sorted([one["handle"], two["handle"]])
    assert [(entry["expires"], entry["lastUsed"]) for entry in listed] == [(None, None), (None, None)]

    revoked = workteam("token", "revoke", one["handle"], *initech)
    again = workteam("token", "revoke", one["handle"], *initech)

    assert (revoked.code, revoked.out) == (0, f"revoked {one['handle']} of workteam/{initech[-1]}")
    assert (again.code, again.err.splitlines()[-1]) == (
        66,
        f"error: workteam/{initech[-1]} has no Bearer Token {one['handle']}: `workteam token list` names those it has.",
    )
    left = entries(cluster_access)
    kept = left[two["handle"]]
    assert (one["handle"] in left, kept is not None and kept.opens(two["token"], datetime.now(UTC))) == (False, True)


def test_a_tenant_revokes_only_its_own(prepared_stack: Stack, initech: tuple[str, ...], workteam: "Run") -> None:
    """A handle of another tenant is unknown, and its token stays."""
    handle = json.loads(workteam("token", "create", *initech, "-o", "json").out)["handle"]
    other = a_tenant("umbrella", namespace="workteam")
    prepared_stack.access.apply(other.manifest())
    ran = workteam("token", "revoke", handle, *initech[:-1], "umbrella")
    prepared_stack.access.kubectl("delete", "workteamtenant", "umbrella", "-n", "workteam", "--wait=false")
    assert (ran.code, handle in entries(prepared_stack.access)) == (66, True)


@pytest.mark.parametrize("text", ["365", "0d", "1w", "-1d", "99999d"])
def test_a_life_that_is_none(initech: tuple[str, ...], workteam: "Run", text: str) -> None:
    """What is no time is a usage error, and makes no token."""
    ran = workteam("token", "create", *initech, f"--expires-in={text}")
    assert (ran.code, ran.out) == (64, "")
    assert f"{text!r} is no time from 1h to 3650d, such as 365d or 12h" in ran.err
    assert workteam("token", "list", *initech, "-o", "json").out == "[]"


def test_settings(prepared_stack: Stack, initech: tuple[str, ...], workteam: "Run") -> None:
    """The dialog has Enabled, the absolute Base URL of the tenant, and the handles of its tokens."""
    handle = json.loads(workteam("token", "create", *initech, "--expires-in", "90d", "-o", "json").out)["handle"]
    [entry] = json.loads(workteam("token", "list", *initech, "-o", "json").out)
    facade = prepared_stack.url("facade")

    table = workteam("settings", *initech)
    document = workteam("settings", *initech, "-o", "json")

    assert table.code == 0
    assert (
        table.out
        == f"""\
SCIM Settings of workteam/{initech[-1]}

Enabled        yes
Base URL       {facade}/workteam/{initech[-1]}/scim/v2
Bearer Tokens
HANDLE        CREATED               EXPIRES               LAST USED
{handle}  {entry["created"]}  {entry["expires"]}  never
Token Endpoint {facade}/workteam/{initech[-1]}/oauth/token
Clients        none

Warning: {NOT_HTTPS}

Generate a Bearer Token: workteam token create -n workteam --tenant {initech[-1]}"""
    )
    assert json.loads(document.out) == {
        "namespace": "workteam",
        "tenant": initech[-1],
        "enabled": True,
        "paused": False,
        "baseURL": f"{facade}/workteam/{initech[-1]}/scim/v2",
        "bearerTokens": [entry],
        "tokenEndpoint": f"{facade}/workteam/{initech[-1]}/oauth/token",
        "clients": [],
        "warnings": [NOT_HTTPS],
    }


def test_a_token_is_exchanged_without_a_gap(cluster_access: Access, initech: tuple[str, ...], workteam: "Run") -> None:
    """``rotate`` makes one that lives as long; the old one opens for the overlap, and its expiry is warned of."""
    old = json.loads(workteam("token", "create", *initech, "--expires-in", "90d", "-o", "json").out)
    ran = workteam("token", "rotate", *initech, "--overlap", "12h", "-o", "json")
    new = json.loads(ran.out)
    assert (ran.code, new["replaces"]) == (0, old["handle"])
    kept = entries(cluster_access)
    before, after = kept[old["handle"]], kept[new["handle"]]
    assert before is not None
    assert after is not None
    assert (before.opens(old["token"], datetime.now(UTC)), after.opens(new["token"], datetime.now(UTC))) == (True, True)
    assert (before.replaced_by, before.expires) == (new["handle"], after.created + timedelta(hours=12))
    assert (after.life, new["until"]) == (timedelta(days=90), rfc3339(after.created + timedelta(hours=12)))
    [_, warning] = json.loads(workteam("settings", *initech, "-o", "json").out)["warnings"]
    assert warning == (
        f"Bearer Token {old['handle']} expires on {new['until']}, in 11 hours, and {new['handle']}, which replaces it, "
        "was never used: paste that one into Entra."
    )
    nobody = workteam("token", "rotate", "none", *initech)
    assert nobody.code == 66


def test_a_client_has_several_secrets(cluster_access: Access, initech: tuple[str, ...], workteam: "Run") -> None:
    """``client`` shows what Entra's portal asks for; rotated secrets end later, revoked ones are gone at once."""
    made = json.loads(workteam("client", "create", *initech, "-o", "json").out)
    assert set(made) == {"tenantURL", "tokenEndpoint", "clientIdentifier", "clientSecret"}
    name = made["clientIdentifier"]
    second = json.loads(workteam("client", "rotate", name, *initech, "-o", "json").out)["clientSecret"]
    handles = [text.split("_")[1] for text in (made["clientSecret"], second)]
    [client] = json.loads(workteam("client", "list", *initech, "-o", "json").out)
    assert (client["clientIdentifier"], {one["handle"] for one in client["secrets"]}) == (name, set(handles))
    assert [entries(cluster_access)[handle].client for handle in handles] == [name, name]  # type: ignore[union-attr]
    assert workteam("token", "list", *initech, "-o", "json").out == "[]"
    assert workteam("client", "revoke", name, *initech).out == f"revoked {name} of workteam/{initech[-1]}"
    assert set(handles).isdisjoint(entries(cluster_access))
    assert workteam("client", "revoke", name, *initech).code == 66


def test_settings_of_a_tenant_that_is_off(prepared_stack: Stack, initech: tuple[str, ...], workteam: "Run") -> None:
    """A tenant that is not enabled says so, and how it is enabled."""
    off = a_tenant(initech[-1], namespace="workteam", scim={"enabled": False, "paused": True})
    prepared_stack.access.apply(off.manifest())
    ran = workteam("settings", *initech)
    assert ran.out.splitlines()[2:6] == [
        "Enabled        no: set spec.scim.enabled of the WorkteamTenant to true",
        "Paused         yes: spec.scim.paused of the WorkteamTenant is true",
        f"Base URL       {prepared_stack.url('facade')}/workteam/{initech[-1]}/scim/v2",
        "Bearer Tokens  none",
    ]


@pytest.mark.usefixtures("acme")
def test_a_namespace_that_no_release_serves(here: tuple[str, ...], workteam: "Run") -> None:
    """Without a facade there is no Base URL and no token."""
    for words in (["settings"], ["token", "create"], ["token", "list"]):
        ran = workteam(*words, *here)
        assert (ran.code, ran.out) == (66, "")
        assert ran.err.splitlines()[-1] == (
            f"error: No release of the chart serves the namespace {here[-1]}: install one, "
            "or add the namespace to its tenantNamespaces."
        )


def test_without_cluster_wide_rights(initech: tuple[str, ...], workteam: "Run") -> None:
    """The release is looked for in one namespace only, if that is named."""
    right = workteam("settings", *initech, "--release-namespace", "workteam-system")
    wrong = workteam("settings", *initech, "--release-namespace", "default")
    assert (right.code, wrong.code) == (0, 66)


def test_parallel_runs_lose_nothing(cluster_access: Access, namespace: str) -> None:
    """Twenty creates at once, the first into an empty Secret, and ten revokes beside ten creates: all are done."""
    cluster_access.kubectl("create", "secret", "generic", "workteam-scim-tokens", "-n", namespace)
    release, tenant = Release(namespace, "", (), "workteam-scim-tokens"), TenantKey(namespace, "acme")

    async def play() -> tuple[list[str], list[bool], list[str], list[str]]:
        async with KubernetesCluster.connect(str(cluster_access.kubeconfig)) as cluster:
            first = await asyncio.gather(*[create_token(cluster, release, tenant) for _ in range(20)])
            seen = list(bearer_tokens(await read_entries(cluster, release, tenant)))
            gone = [handle_of(text) or "" for text in first]
            done = await asyncio.gather(
                *[revoke_tokens(cluster, release, tenant, [handle]) for handle in gone],
                *[create_token(cluster, release, tenant) for _ in range(10)],
            )
            assert sorted(seen) == sorted(gone)
            left = list(bearer_tokens(await read_entries(cluster, release, tenant)))
            return first, [x for x in done if isinstance(x, bool)], [x for x in done if isinstance(x, str)], left

    _, revoked, made, left = asyncio.run(play())
    assert revoked == [True] * 20
    assert sorted(left) == sorted(handle_of(text) or "" for text in made)
    assert len(left) == 10


def test_entra_gets_in_with_it_until_it_is_revoked(tenant: RunningTenant, stack: Stack, workteam: "Run") -> None:
    """The facade takes the printed token at the printed Base URL, and refuses it soon after it was revoked."""
    options = ("--kubeconfig", str(stack.access.kubeconfig), "-n", "workteam", "--tenant", tenant.settings.name)
    made = json.loads(workteam("token", "create", *options, "-o", "json").out)
    url = json.loads(workteam("settings", *options, "-o", "json").out)["baseURL"]

    assert answers(f"{url}/ServiceProviderConfig", made["token"], 200)
    assert workteam("token", "revoke", made["token"], *options).code == 0
    assert answers(f"{url}/ServiceProviderConfig", made["token"], 401)


def answers(url: str, token: str, status: int) -> bool:
    """Ask until the answer has a status; False after ten seconds."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if httpx.get(url, headers={"Authorization": f"Bearer {token}"}).status_code == status:
            return True
        time.sleep(0.05)
    return False
