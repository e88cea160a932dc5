"""The state file: atomic snapshots, a journal that survives a crash in mid-line, and where it cannot be written."""

from pathlib import Path
from typing import Any

import pytest

from workteam_cli.output import Exit, Problem
from workteam_cli.rehearsal.service import Settings, rehearsing
from workteam_cli.rehearsal.state import GroupLink, State, UserLink, Watermark

ANA = UserLink(target="t1", sent={"userName": "ana", "active": True}, scoped=True, manager_due=True)
TEAM = GroupLink(target="g1", sent={"displayName": "Crew"})


def test_every_record_survives_a_crash(tmp_path: Path) -> None:
    """Nothing was closed or compacted, and the last line is cut short: all whole records are read."""
    file = tmp_path / "s.json"
    with State.opened(file) as state:
        state.user("u1", ANA)
        state.group("b1", TEAM)
        state.member("b1", "u1", "t1")
        state.failed("users/u2", "initial", "HTTP 500")
        state.failed("users/u2", "E01", "HTTP 500")
    journal = tmp_path / "s.json.journal"
    with journal.open("a", encoding="utf-8") as cut:
        cut.write('["users", "u3", {"targ')
    with State.opened(file, read_only=True) as again:
        found = again.watermark
    assert (found.users, found.groups, found.members) == ({"u1": ANA}, {"b1": TEAM}, {"b1": {"u1": "t1"}})
    assert (found.escrow["users/u2"].attempts, found.escrow["users/u2"].cycle) == (2, "E01")


def test_a_journal_that_was_already_in_the_snapshot_does_no_harm(tmp_path: Path) -> None:
    """A crash between the new snapshot and the emptied journal: the same lines are applied again."""
    file, journal = tmp_path / "s.json", tmp_path / "s.json.journal"
    with State.opened(file) as state:
        state.group("b1", TEAM)
        state.member("b1", "u1", "t1")
        state.member("b1", "u1", None)
        state.user("u1", ANA)
        state.user("u1", None)
        lines = journal.read_text(encoding="utf-8")
        state.compact()
    journal.write_text(lines, encoding="utf-8")
    with State.opened(file, read_only=True) as again:
        assert again.watermark == Watermark(groups={"b1": TEAM}, members={"b1": {}})


def test_a_damaged_journal_is_told(tmp_path: Path) -> None:
    """A whole line that is none of ours is damage, not a crash."""
    (tmp_path / "s.json.journal").write_text("nonsense\n", encoding="utf-8")
    with (
        pytest.raises(Problem, match="is damaged; give another --state FILE") as raised,
        State.opened(tmp_path / "s.json"),
    ):
        pass
    assert raised.value.code == Exit.BAD_FILE


def test_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    """Exit 73 and the way out."""
    with (
        pytest.raises(Problem, match=r"cannot be written \(No such file or directory\); make room or choose") as raised,
        State.opened(tmp_path / "nowhere" / "s.json"),
    ):
        pass
    assert raised.value.code == Exit.CANNOT_WRITE


def test_a_full_disk_keeps_the_last_whole_snapshot(tmp_path: Path) -> None:
    """The new snapshot cannot be made: the old file stays as it was, and the journal with it."""
    file = tmp_path / "s.json"
    with State.opened(file) as state:
        state.user("u1", ANA)
        before = file.read_bytes()
        (tmp_path / "s.json.new").mkdir()  # what cannot be opened for writing, also by root
        with pytest.raises(Problem) as raised:
            state.compact()
    assert raised.value.code == Exit.CANNOT_WRITE
    assert file.read_bytes() == before
    with State.opened(file, read_only=True) as again:
        assert again.watermark.users == {"u1": ANA}


def test_the_file_is_the_owners_alone(tmp_path: Path) -> None:
    """It names people."""
    with State.opened(tmp_path / "s.json") as state:
        state.compact()
    modes = {name.stat().st_mode & 0o777 for name in tmp_path.iterdir()}
    assert modes == {0o600}


async def test_a_state_file_has_one_user_at_a_time(tmp_path: Path) -> None:
    """A second rehearsal is told so; one for another Base URL too."""
    made = Settings("https://scim.example/v2", "t", state=tmp_path / "s.json")
    async with rehearsing(made):
        with pytest.raises(Problem) as raised:
            async with rehearsing(made):
                pass
    assert raised.value.code == Exit.BUSY


async def test_a_state_file_belongs_to_its_base_url(service: Any, settings: Any, contoso: Any, tmp_path: Path) -> None:
    """The ids of one service mean nothing to another."""
    made = settings(state=tmp_path / "s.json")
    async with rehearsing(made) as rehearsal:
        await rehearsal.run_cycle(contoso)
    with pytest.raises(Problem, match=r"belongs to https://scim\.example/v2, not to https://other\.example/v2"):
        async with rehearsing(settings(state=tmp_path / "s.json", base_url="https://other.example/v2")):
            pass
