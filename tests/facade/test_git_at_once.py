"""Rule A1: one userName comes from Git and from Entra at the same moment, before either has heard of the other."""

import asyncio
from typing import Any

import pytest

from workteam_cli.staging import is_in_sync, reason_of, staged
from workteam_crds.conditions import ConditionType, Reason
from workteam_crds.kinds import WorkteamUser
from workteam_crds.testing import a_user

ANA = "ana@contoso.example"


async def test_one_has_the_account_and_the_other_says_so(
    ground: Any,
    watched: Any,
    run_facade: Any,
    eventually: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Both are stored, for the facade cannot know; one is Ready, the other Stalled DuplicateUserName; one account."""
    monkeypatch.setenv("KUBECONFIG", str(ground.access.kubeconfig))
    async with staged(ground.access, ground.namespace) as stage:
        tenant = (await stage.add_tenant()).tenant
        token = await ground.token(tenant)
        async with stage.operating(), run_facade(watched) as running, running.client(tenant, token) as client:
            watched.deaf = True
            created, _ = await asyncio.gather(
                client.post("/Users", json={"userName": ANA}), stage.create(a_user("git", userName=ANA.upper()))
            )
            assert created.status_code == 201

            async def decided() -> bool:
                users = [await stage.get(WorkteamUser, name) for name in ("git", created.json()["id"])]
                reasons = {reason_of(user, ConditionType.STALLED) for user in users if not is_in_sync(user)}
                return sum(map(is_in_sync, users)) == 1 and reasons == {Reason.DUPLICATE_USER_NAME}

            await eventually(decided, within=20)
            assert [name.lower() for name in stage.accounts()] == [ANA]
