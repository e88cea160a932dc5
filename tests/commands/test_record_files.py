"""The files of a record: what is written, what is foreign, what is wrong with one."""

import shutil
from pathlib import Path, PurePosixPath

import pytest
import yaml

from workteam_cli.output import Problem
from workteam_cli.record.document import document_of
from workteam_cli.record.folder import Changes, RecordFolder
from workteam_cli.record.reading import read_resource
from workteam_crds.kinds import WorkteamUser
from workteam_crds.naming import Key
from workteam_crds.testing import a_user

FILES = [
    "tenants/acme/groups/9c/crew.yaml",
    "tenants/acme/memberships/6f/crew-more.yaml",
    "tenants/acme/tenant.yaml",
    "tenants/acme/users/24/ana.yaml",
]


def tree(folder: Path) -> list[str]:
    """Name all files below a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


FOREIGN = ["notes.txt", "users/kustomization.yaml", "users/00/ana.yaml", "users/24/ana.yml", "secrets/24/ana.yaml"]


@pytest.fixture
def folder(record: Path, tmp_path: Path) -> Path:
    """Give a copy of a record, for the tenant ``acme``."""
    shutil.copytree(record, tmp_path, dirs_exist_ok=True)
    return tmp_path


def documents(record: Path) -> dict[PurePosixPath, str]:
    """Read a record as it would be written."""
    root = record / "tenants" / "acme"
    return {PurePosixPath(p.relative_to(root)): p.read_text(encoding="utf-8") for p in root.rglob("*.yaml")}


@pytest.mark.parametrize("foreign", FOREIGN)
def test_foreign_files_are_refused(record: Path, tmp_path: Path, foreign: str) -> None:
    """What no export wrote stops it before it writes anything, and stays."""
    file = tmp_path / "tenants" / "acme" / foreign
    file.parent.mkdir(parents=True)
    file.write_text("a person's", encoding="utf-8")
    with pytest.raises(Problem) as raised:
        RecordFolder(tmp_path, "acme").write(documents(record), frozenset(), "default")
    assert raised.value.code == 73
    assert str(raised.value) == (
        f"{file} was not written by workteam export: move it out of {tmp_path}/tenants/acme, "
        "or export to another folder."
    )
    assert tree(tmp_path) == [f"tenants/acme/{foreign}"]


@pytest.mark.parametrize("link", ["tenants/acme", "tenants/acme/users", "tenants/acme/users/24"])
def test_a_linked_folder_is_foreign(record: Path, tmp_path: Path, link: str) -> None:
    """A link inside the record, or in place of it, is never followed: it could lead to anybody's files."""
    elsewhere, folder = tmp_path / "elsewhere", tmp_path / "record"
    elsewhere.mkdir()
    (folder / link).parent.mkdir(parents=True)
    (folder / link).symlink_to(elsewhere)
    with pytest.raises(Problem, match="was not written by workteam export"):
        RecordFolder(folder, "acme").write(documents(record), frozenset(), "default")
    assert list(elsewhere.iterdir()) == []


def test_a_file_that_only_looks_like_ours_is_not_removed(record: Path, tmp_path: Path) -> None:
    """A file at the place of an object that is gone, with other content, is a person's; nothing is written."""
    file = tmp_path / "tenants" / "acme" / "users" / "3d" / "bo.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("my: notes\n", encoding="utf-8")
    with pytest.raises(Problem) as raised:
        RecordFolder(tmp_path, "acme").write(documents(record), frozenset(), "default")
    assert (raised.value.code, str(raised.value)) == (65, f"{file}:1: this is not a Kubernetes object.")
    assert tree(tmp_path) == ["tenants/acme/users/3d/bo.yaml"]


def test_what_a_killed_export_left_goes(record: Path, folder: Path) -> None:
    """A half-written file never has an object's name, and the next export removes it."""
    left = folder / "tenants" / "acme" / "users" / "24" / ".ana.yaml.k3x_91qd"
    left.write_text("apiVersion: work", encoding="utf-8")
    changes = RecordFolder(folder, "acme").write(documents(record), frozenset(), "default")
    assert changes == Changes((), (PurePosixPath("users/24/.ana.yaml.k3x_91qd"),), 4)
    assert tree(folder) == FILES


WRONG = [
    pytest.param(("  nickName:", "  nickName: ["), "18: did not find expected ',' or ']': correct the YAML", id="YAML"),
    pytest.param(("  title:", "  titel:"), "18: WorkteamUser has no spec.titel", id="unknown field"),
    pytest.param(("    type: work", "    typo: work"), "21: WorkteamUser has no spec.emails.0.typo", id="in a list"),
    pytest.param(("active: true", "active: [1]"), "15: spec.active: Input should be a valid boolean", id="wrong type"),
    pytest.param(("  userName: ana@contoso.example\n", ""), "10: spec.userName: Field required", id="missing field"),
    pytest.param(
        ("kind: WorkteamUser", "kind: Secret"), "1: this is not a WorkteamUser of workte.am/v1alpha1", id="kind"
    ),
    pytest.param(("name: ana\n", "name: eve\n"), "1: metadata.name is not ana, as the file's place says", id="name"),
]


@pytest.mark.parametrize(("edit", "sentence"), WRONG)
def test_what_is_wrong_with_a_file(folder: Path, edit: tuple[str, str], sentence: str) -> None:
    """A bad file is one sentence with its line."""
    file = folder / FILES[3]
    file.write_text(file.read_text(encoding="utf-8").replace(*edit, 1), encoding="utf-8")
    with pytest.raises(Problem) as raised:
        RecordFolder(folder, "acme").read("default")
    assert (raised.value.code, str(raised.value)) == (65, f"{file}:{sentence}.")


def test_what_cannot_be_read_is_never_taken_for_gone(record: Path, folder: Path) -> None:
    """The file of an object that this version cannot read stays as it is; the others follow the cluster."""
    there, kept = documents(record), PurePosixPath("users/24/ana.yaml")
    del there[kept]
    changes = RecordFolder(folder, "acme").write(there, frozenset({kept}), "default")
    assert changes == Changes(written=(), removed=(), unchanged=3)
    assert tree(folder) == FILES


VALUES = [
    "y",
    "NULL",
    "0x1F",
    "1_000",
    "12:30",
    "2026-11-25",
    "- a",
    "# b",
    "é",
    "🎉",
    "a: b",
    "\u2028",
    "\x85",
    "'",
    "",
]


@pytest.mark.parametrize("value", VALUES)
def test_a_value_stays_a_text_on_one_line(tmp_path: Path, value: str) -> None:
    """Whatever looks like another type, or like YAML, is written quoted and read as it was."""
    text = document_of(a_user("ana", title=value))
    assert [line.startswith('  title: "') for line in text.splitlines() if "title" in line] == [True]
    assert len(text.splitlines()) == 10
    file = tmp_path / "ana.yaml"
    file.write_text(text, encoding="utf-8")
    read = read_resource(file, WorkteamUser, Key("WorkteamUser", "default", "ana"))
    assert read.dump()["spec"]["title"] == value


def test_what_a_person_decided_once_is_in_no_document() -> None:
    """Applied again on another day, it would give access by a decision of this one."""
    user = a_user("ana")
    said = dict.fromkeys(("workte.am/adopt", "workte.am/grant-access", "workte.am/release", "team/note"), "7")
    told = user.model_copy(update={"metadata": user.metadata.model_copy(update={"annotations": said})})
    assert yaml.safe_load(document_of(told))["metadata"] == {"name": "ana", "annotations": {"team/note": "7"}}
