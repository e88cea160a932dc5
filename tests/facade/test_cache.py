"""The cache: indexes that agree with what is held, and rule A10: it never forgets a write."""

from typing import Any

import pytest

from workteam_crds.cluster.port import Change, Event, Listing
from workteam_crds.kinds import WorkteamTenant, WorkteamUser
from workteam_crds.naming import Key, TenantKey, folded
from workteam_crds.testing import a_tenant
from workteam_scim.cache import Cache, Feed
from workteam_scim.index import Lookup
from workteam_scim.shelf import Shelf

ACME, OTHER = TenantKey("teams", "acme"), TenantKey("teams", "other")


def user(name: str, version: int, *, uid: str | None = None, tenant: str = "acme", **spec: Any) -> WorkteamUser:
    """Return a user as the API server has it at a resourceVersion; its generation is the same."""
    metadata: dict[str, Any] = {"name": name, "namespace": "teams", "uid": uid or f"uid-{name}"}
    metadata |= {"resourceVersion": str(version), "generation": spec.pop("generation", version)}
    if spec.pop("deleting", False):
        metadata["deletionTimestamp"] = "2026-11-24T09:00:00Z"
    return WorkteamUser.parse(
        {"metadata": metadata, "spec": {"tenantRef": {"name": tenant}, "userName": f"{name}@x", **spec}}
    )


@pytest.fixture
def shelf() -> Shelf[WorkteamUser]:
    """An empty shelf."""
    return Shelf("https://scim.example/teams/acme/scim/v2", "userName")


def names(shelf: Shelf[WorkteamUser]) -> list[str]:
    """Return the ids on a shelf."""
    return [entry.name for entry in shelf]


def test_a_rename_moves_the_indexes(shelf: Shelf[WorkteamUser]) -> None:
    """The old name finds nothing, the new one in any case, externalId exactly."""
    shelf.put(user("ana", 1, externalId="E", displayName="Ana"))
    shelf.put(user("ana", 2, userName="BEA@x", externalId="F", displayName="Bea"))
    assert [shelf.by_unique.find(folded(text)) for text in ("ana@x", "bea@X")] == [(), ("ana",)]
    assert [shelf.by_external.find(text) for text in ("E", "F", "f")] == [(), ("ana",), ()]
    assert [shelf.by_display.find(folded(text)) for text in ("ana", "BEA")] == [(), ("ana",)]


def test_a_write_is_known_as_ours_though_the_watch_was_faster(shelf: Shelf[WorkteamUser]) -> None:
    """What was created, or written to, is told by an event before its answer comes: it is ours all the same."""
    shelf.put(user("ana", 1))
    for version in (1, 2):
        shelf.put(user("ana", 2))
        entry = shelf.put(user("ana", version), written=float(version))
        assert entry is not None
        assert (entry.written, entry.resource_version) == (float(version), 2)
        assert shelf.get("ana") == entry


def test_what_entra_matches_by_moves_with_its_user(shelf: Shelf[WorkteamUser]) -> None:
    """Work e-mail and employeeNumber in any case, the manager exactly; another sort of e-mail is no match."""
    emails = [{"type": "Work", "value": "Ana@x"}, {"type": "home", "value": "home@x"}, {"value": "none@x"}]
    shelf.put(user("ana", 1, emails=emails, enterprise={"employeeNumber": "A7", "manager": {"value": "Boss"}}))
    assert [shelf.by_email.find(text) for text in ("ana@x", "home@x", "none@x")] == [("ana",), (), ()]
    assert (shelf.by_number.find("a7"), shelf.by_manager.find("Boss")) == (("ana",), ("ana",))
    shelf.put(user("ana", 2, emails=[{"type": "work", "value": "bea@x"}], enterprise={"employeeNumber": "B8"}))
    assert [shelf.by_email.find(text) for text in ("ana@x", "bea@x")] == [(), ("ana",)]
    assert [shelf.by_number.find(text) for text in ("a7", "b8")] == [(), ("ana",)]
    assert shelf.by_manager.find("Boss") == ()
    shelf.remove("ana", shelf.page(0, 1)[0].uid)
    assert (shelf.by_email.find("bea@x"), shelf.by_number.find("b8")) == ((), ())


def test_an_older_state_changes_nothing(shelf: Shelf[WorkteamUser]) -> None:
    """What the watch brings late does not undo what was written through."""
    shelf.put(user("ana", 5, title="new"), written=10.0)
    shelf.put(user("ana", 4, title="old"))
    entry = shelf.get("ana")
    assert entry is not None
    assert entry.attributes()["title"] == "new"


def test_a_status_write_keeps_the_answer(shelf: Shelf[WorkteamUser]) -> None:
    """The same generation at a later resourceVersion: the same bytes, and still known as our write."""
    first = shelf.put(user("ana", 5), written=10.0)
    later = shelf.put(user("ana", 9, generation=5))
    assert first is not None
    assert later is not None
    assert (later.head, later.resource_version, later.written) == (first.head, 9, 10.0)


def test_a_terminating_object_is_gone(shelf: Shelf[WorkteamUser]) -> None:
    """By its first event, also if it was never seen before; its successor of the same name stays."""
    shelf.put(user("ana", 1))
    shelf.put(user("ana", 2, deleting=True))
    shelf.put(user("ben", 3, deleting=True))
    assert names(shelf) == []
    shelf.put(user("ana", 5, uid="second"))
    shelf.remove("ana", "uid-ana")
    assert names(shelf) == ["ana"]


def test_what_a_request_deleted_stays_deleted(shelf: Shelf[WorkteamUser]) -> None:
    """Neither a late event nor a list that began before brings it back; a list that began after it may."""
    entry = shelf.put(user("ana", 1))
    assert entry is not None
    shelf.bury(entry, now=20.0)
    shelf.put(user("ana", 2))
    shelf.replace(map(shelf.seen, [user("ana", 2)]), began=15.0)
    assert names(shelf) == []
    shelf.replace(map(shelf.seen, [user("ana", 2)]), began=25.0)
    assert names(shelf) == ["ana"]


def test_a_list_replaces_all_but_what_was_written_since(shelf: Shelf[WorkteamUser]) -> None:
    """Before the list began: gone, or as the list has it, even if older (etcd was restored). Since: kept."""
    shelf.put(user("gone", 1))
    shelf.put(user("restored", 9, title="lost"))
    shelf.put(user("fresh", 10), written=30.0)
    shelf.put(user("kept", 11, title="ours"), written=30.0)
    shelf.replace(map(shelf.seen, [user("restored", 2), user("kept", 3), user("new", 4)]), began=20.0)
    assert names(shelf) == ["fresh", "kept", "new", "restored"]
    titles = {entry.name: entry.attributes().get("title") for entry in shelf}
    assert titles == {"fresh": None, "kept": "ours", "new": None, "restored": None}


def test_pages_and_their_length(shelf: Shelf[WorkteamUser]) -> None:
    for name in ("c", "a", "b"):
        shelf.put(user(name, 1))
    assert [entry.name for entry in shelf.page(1, 5)] == ["b", "c"]
    assert len(shelf) == 3


def test_a_feed_serves_each_tenant() -> None:
    """A full list reaches every shelf; tenants without objects are emptied; unreadable objects keep what is known."""
    cache = Cache(lambda tenant: f"https://scim.example/{tenant}/scim/v2")
    feed = Feed(cache, cache.users, "teams")
    feed.replace(Listing(tuple(map(feed.keep, (user("ana", 1), user("ben", 1, tenant="other")))), "1"), began=1.0)
    assert (names(cache.users(ACME)), names(cache.users(OTHER))) == (["ana"], ["ben"])
    broken = Key("WorkteamUser", "teams", "ana")
    feed.replace(Listing((), "2", (broken,)), began=2.0)
    assert (names(cache.users(ACME)), names(cache.users(OTHER))) == (["ana"], [])
    feed.observe(Event(Change.MODIFIED, "3", None, broken))
    feed.observe(Event(None, "4"))
    assert names(cache.users(ACME)) == ["ana"]
    feed.observe(Event(Change.ADDED, "5", user("cid", 5)))
    feed.observe(Event(Change.DELETED, "6", user("ana", 6)))
    assert names(cache.users(ACME)) == ["cid"]


def test_a_kind_that_scim_does_not_know_is_refused() -> None:
    strange: Shelf[Any] = Shelf("https://scim.example", "userName")
    with pytest.raises(TypeError, match=WorkteamTenant.kind):
        strange.put(a_tenant())


def test_ids_of_one_key_come_in_order() -> None:
    """Two may share a key; None is no key; what was never in is no error to remove."""
    lookup = Lookup()
    for name in ("b", "a"):
        lookup.add("k", name)
    lookup.add(None, "c")
    lookup.remove(None, "c")
    lookup.remove("other", "c")
    assert lookup.find("k") == ("a", "b")
    lookup.move("a", ["k"], ["l"])
    assert (lookup.find("k"), lookup.find("l")) == (("b",), ("a",))


def test_names_fold_as_the_library_compares() -> None:
    """Lower case and NFC, no case folding: ß stays, as in the library's own comparison."""
    assert [folded(text) for text in ("STRASSE", "Straße", "ÅSA", "A\u030asa")] == ["strasse", "straße", "åsa", "åsa"]
