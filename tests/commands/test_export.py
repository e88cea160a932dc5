"""``workteam export``: the record of a tenant as files."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from workteam_crds.testing import a_membership, a_tenant, a_user

if TYPE_CHECKING:
    from tests.commands.conftest import Kept, Run

FILES = [
    "tenants/acme/groups/9c/crew.yaml",
    "tenants/acme/memberships/6f/crew-more.yaml",
    "tenants/acme/tenant.yaml",
    "tenants/acme/users/24/ana.yaml",
]


def tree(folder: Path) -> list[str]:
    """Name all files below a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


def test_one_document_per_object(
    people: "Kept", here: tuple[str, ...], workteam: "Run", record: Path, tmp_path: Path
) -> None:
    """Each object has one file, in the order of its schema, without what a server adds; no Secret is among them."""
    people.report(a_user("ana"), "Ready True Provisioned", accountID="5171a35d")
    people.access.kubectl("create", "secret", "generic", "acme-workteam", "-n", people.namespace, "--from-literal=a=b")
    ran = workteam("export", str(tmp_path), *here)
    assert (ran.code, ran.out) == (0, "4 written, 0 removed, 0 unchanged")
    assert tree(tmp_path) == FILES
    assert [(tmp_path / name).read_text("utf-8") for name in FILES] == [
        (record / name).read_text("utf-8") for name in FILES
    ]


@pytest.mark.usefixtures("people")
def test_same_objects_same_bytes(here: tuple[str, ...], workteam: "Run", tmp_path: Path) -> None:
    """A second export touches no file, and one elsewhere writes the same bytes."""
    one, other = tmp_path / "one", tmp_path / "other"
    workteam("export", str(one), *here)
    before = [(one / name).stat().st_mtime_ns for name in FILES]
    again = workteam("export", str(one), *here)
    workteam("export", str(other), *here)
    assert (again.code, again.out) == (0, "0 written, 0 removed, 4 unchanged")
    assert [(one / name).stat().st_mtime_ns for name in FILES] == before
    assert [(one / name).read_bytes() for name in FILES] == [(other / name).read_bytes() for name in FILES]


def test_what_is_gone_leaves_the_record(people: "Kept", here: tuple[str, ...], workteam: "Run", tmp_path: Path) -> None:
    """The files of deleted and of terminating objects go, with their empty folders; other files stay untouched."""
    workteam("export", str(tmp_path), *here)
    beside = tmp_path / "tenants" / "README.md"
    beside.write_text("a person's", encoding="utf-8")
    people.delete(a_user("ana"))  # has a finalizer: it terminates
    people.delete(a_membership("crew"))

    ran = workteam("export", str(tmp_path), *here, "-o", "json")

    assert json.loads(ran.out) == {
        "written": [],
        "removed": ["memberships/6f/crew-more.yaml", "users/24/ana.yaml"],
        "unchanged": 2,
    }
    assert tree(tmp_path) == ["tenants/README.md", FILES[0], FILES[2]]
    assert sorted(path.name for path in (tmp_path / "tenants" / "acme").iterdir()) == ["groups", "tenant.yaml"]


def test_a_folder_that_cannot_be_made(people: "Kept", here: tuple[str, ...], workteam: "Run", tmp_path: Path) -> None:
    """A file where a folder must be is one sentence."""
    (tmp_path / "tenants").write_text("", encoding="utf-8")
    ran = workteam("export", str(tmp_path), *here)
    assert (ran.code, "cannot be written" in ran.err) == (73, True)


def test_round_trip_into_another_namespace(
    people: "Kept", here: tuple[str, ...], workteam: "Run", tmp_path: Path
) -> None:
    """Kubectl applies the record to another namespace under strict validation, and the diff to that is empty."""
    workteam("export", str(tmp_path), *here)
    other = f"{people.namespace}-copy"
    people.access.kubectl("create", "namespace", other)
    people.access.kubectl("apply", "-n", other, "--validate=strict", "-R", "-f", str(tmp_path / "tenants" / "acme"))
    ran = workteam("diff", str(tmp_path), *here[:2], "-n", other)
    assert (ran.code, ran.out) == (0, "")


def test_another_tenants_objects_stay_out(
    people: "Kept", here: tuple[str, ...], workteam: "Run", tmp_path: Path
) -> None:
    """Two tenants of one namespace have two records that do not touch each other."""
    people.apply(a_tenant("globex"), a_user("gus", tenant="globex"))
    workteam("export", str(tmp_path), *here, "--tenant", "acme")
    workteam("export", str(tmp_path), *here, "--tenant", "globex")
    assert tree(tmp_path) == [*FILES, "tenants/globex/tenant.yaml", "tenants/globex/users/70/gus.yaml"]
