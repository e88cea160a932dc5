"""The journal, which a crash may cut anywhere."""

from pathlib import Path

from workteam_cli.tenant.persistence import AccountKey, Journal

ANA, BEN = AccountKey("User", "a"), AccountKey("User", "b")


def test_the_last_document_of_each_resource_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "accounts.jsonl"
    with Journal(path) as journal:
        journal.put(ANA, b'{"title":"x"}')
        journal.put(BEN, b"{}")
        journal.put(ANA, b'{"title":"y"}')
        journal.remove(BEN)
    with Journal(path) as journal:
        assert list(journal.documents()) == [(ANA, {"title": "y"})]


def test_a_line_that_a_crash_cut_short_is_dropped(tmp_path: Path) -> None:
    """At whatever byte: the earlier lines hold, and what is written next is read again."""
    path = tmp_path / "accounts.jsonl"
    with Journal(path) as journal:
        journal.put(ANA, b"{}")
        journal.put(BEN, b"{}")
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    for length in range(first, len(whole)):
        path.write_bytes(whole[:length])
        with Journal(path) as journal:
            journal.put(ANA, b'{"title":"y"}')
        with Journal(path) as journal:
            assert list(journal.documents()) == [(ANA, {"title": "y"})]


def test_it_does_not_grow_with_every_change(tmp_path: Path) -> None:
    """Outdated lines are compacted away once there are more than the slack allows, and no draft is left."""
    path = tmp_path / "accounts.jsonl"
    with Journal(path, slack=10) as journal:
        for number in range(100):
            journal.put(ANA, b'{"n":%d}' % number)
        assert len(path.read_bytes().splitlines()) <= 12
    with Journal(path) as journal:
        assert list(journal.documents()) == [(ANA, {"n": 99})]
    assert [file.name for file in tmp_path.iterdir()] == ["accounts.jsonl"]


def test_clear_forgets_everything(tmp_path: Path) -> None:
    with Journal(tmp_path / "accounts.jsonl") as journal:
        journal.put(ANA, b"{}")
        journal.clear()
        journal.put(BEN, b"{}")
    with Journal(tmp_path / "accounts.jsonl") as journal:
        assert list(journal.documents()) == [(BEN, {})]
