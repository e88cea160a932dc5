"""``workteam diff``: the record beside the cluster."""

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from workteam_crds.testing import a_group, a_membership, a_user

if TYPE_CHECKING:
    from tests.commands.conftest import Kept, Run


ANA = "tenants/acme/users/24/ana.yaml"


@pytest.fixture
def folder(record: Path, tmp_path: Path) -> Path:
    """Give a copy of the record of ``people``."""
    shutil.copytree(record, tmp_path, dirs_exist_ok=True)
    return tmp_path


def test_diff(people: "Kept", here: tuple[str, ...], workteam: "Run", folder: Path) -> None:
    """The differences are one unified diff, from the record to the cluster; the exit code is 2, nothing is written."""
    before = sorted(folder.rglob("*"))
    people.apply(a_user("bo"), a_group("crew", "ana", "bo"))
    people.delete(a_membership("crew"))

    ran = workteam("diff", str(folder), *here)

    assert ran.code == 2
    assert (
        ran.out
        == """\
--- recorded/groups/9c/crew.yaml
+++ cluster/groups/9c/crew.yaml
@@ -8,3 +8,4 @@
   displayName: crew
   members:
   - ana
+  - bo
--- recorded/memberships/6f/crew-more.yaml
+++ /dev/null
@@ -1,13 +0,0 @@
-apiVersion: workte.am/v1alpha1
-kind: WorkteamGroupMembership
-metadata:
-  name: crew-more
-  labels:
-    workte.am/group: crew
-spec:
-  tenantRef:
-    name: acme
-  groupRef:
-    name: crew
-  members:
-  - ana
--- /dev/null
+++ cluster/users/3d/bo.yaml
@@ -0,0 +1,9 @@
+apiVersion: workte.am/v1alpha1
+kind: WorkteamUser
+metadata:
+  name: bo
+spec:
+  tenantRef:
+    name: acme
+  userName: bo@contoso.example
+  active: true"""
    )
    assert sorted(folder.rglob("*")) == before


@pytest.mark.usefixtures("people")
def test_diff_as_json(here: tuple[str, ...], workteam: "Run", folder: Path) -> None:
    """A program reads which files differ and how."""
    equal = workteam("diff", str(folder), *here, "-o", "json")
    (folder / ANA).unlink()
    different = workteam("diff", str(folder), *here, "-o", "json")
    assert (equal.code, json.loads(equal.out)) == (0, {"equal": True, "differences": []})
    assert different.code == 2
    found = json.loads(different.out)["differences"]
    assert [(one["file"], one["change"]) for one in found] == [("users/24/ana.yaml", "added")]


@pytest.mark.usefixtures("people")
def test_comments_and_order_do_not_matter(here: tuple[str, ...], workteam: "Run", folder: Path) -> None:
    """A person's comment, other quotes and another order say the same."""
    text, kind = (folder / ANA).read_text(encoding="utf-8"), "kind: WorkteamUser\n"
    text = text.replace('"00012"', "'00012' # checked").replace('"2026-11-24T09:00:00Z"', "2026-11-24T09:00:00Z")
    (folder / ANA).write_text(text.replace(kind, "") + kind, encoding="utf-8")
    assert workteam("diff", str(folder), *here).code == 0


@pytest.mark.usefixtures("people")
def test_a_bad_file_is_no_difference(here: tuple[str, ...], workteam: "Run", folder: Path) -> None:
    """A file that is wrong ends the command with its own code, and nothing is compared."""
    (folder / ANA).write_text("spec: }", encoding="utf-8")
    ran = workteam("diff", str(folder), *here)
    assert (ran.code, ran.out) == (65, "")
    assert f"error: {folder / ANA}:1: " in ran.err


@pytest.mark.usefixtures("people")
def test_nothing_to_compare_with(here: tuple[str, ...], workteam: "Run", tmp_path: Path) -> None:
    """An empty folder is not a record in which everything is missing."""
    ran = workteam("diff", str(tmp_path), *here)
    assert (ran.code, ran.err.splitlines()[-1]) == (
        66,
        f"error: {tmp_path} holds no record of the tenant acme: `workteam export {tmp_path}` writes one.",
    )
