"""The folder of a record: what is in it, what is foreign, writing and removing files one by one."""

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypeAlias

from workteam_cli.controlplane.files import on_disk, write_private
from workteam_cli.objects import TenantObjects
from workteam_cli.output import Exit, Problem
from workteam_cli.record.document import document_of
from workteam_cli.record.layout import is_unfinished, kind_at, path_of, tree_of
from workteam_cli.record.reading import read_resource
from workteam_crds.kinds import WorkteamTenant
from workteam_crds.kinds.custom_resource import CustomResource
from workteam_crds.naming import Key

Documents: TypeAlias = Mapping[PurePosixPath, str]
"""Text by file, within the tenant's folder."""


@dataclass(frozen=True)
class Changes:
    """What an export did to a folder."""

    written: tuple[PurePosixPath, ...]
    removed: tuple[PurePosixPath, ...]
    unchanged: int


def documents_of(objects: TenantObjects) -> Documents:
    """Write all objects of a tenant in memory. One that is being deleted is gone: its record would bring it back."""
    everything = (objects.tenant, *objects.users, *objects.groups, *objects.memberships)
    there = (resource for resource in everything if not resource.deleting)
    written = {path_of(resource.kind, resource.metadata.name): document_of(resource) for resource in there}
    return dict(sorted(written.items()))


class RecordFolder:
    """The part of an exported folder that belongs to one tenant."""

    def __init__(self, folder: Path, tenant: str) -> None:
        self.path = folder / tree_of(tenant)

    def files(self) -> frozenset[PurePosixPath]:
        """Name the record's files. Raises ``Problem`` at the first that no export wrote, before anything changes."""
        if self.path.is_symlink() or (self.path.exists() and not self.path.is_dir()):
            raise self._foreign(self.path)
        with on_disk(self.path):
            found = sorted(self._walk())
        for file in found:
            foreign = (self.path / file).is_symlink() or not (kind_at(file) or is_unfinished(file))
            if foreign:
                raise self._foreign(self.path / file)
        return frozenset(found)

    def read(self, namespace: str) -> Documents:
        """Read all files, each in the form in which an export writes it. Raises ``Problem``."""
        documents = {}
        for file in sorted(self.files()):
            if kind := kind_at(file):
                documents[file] = document_of(self._resource(file, kind, namespace))
        return documents

    def write(self, documents: Documents, kept: frozenset[PurePosixPath], namespace: str) -> Changes:
        """Make the folder hold these documents, and leave ``kept`` files alone. Raises ``Problem``.

        Each file is replaced as a whole or not at all; one that would stay the same is not touched.
        """
        before = self.files()
        leaving = sorted(before - documents.keys() - kept)
        for file in leaving:
            if kind := kind_at(file):
                self._resource(file, kind, namespace)  # not what it seems: a person's, never removed
        written = [file for file, text in documents.items() if self._text(file) != text.encode()]
        for file in written:
            write_private(self.path / file, documents[file])
        for file in leaving:
            self._remove(file)
        return Changes(tuple(written), tuple(leaving), len(documents) - len(written))

    def _resource(self, file: PurePosixPath, kind: type[CustomResource], namespace: str) -> CustomResource:
        name = self.path.name if kind is WorkteamTenant else file.stem
        return read_resource(self.path / file, kind, Key(kind.kind, namespace, name))

    def _walk(self) -> list[PurePosixPath]:
        """List files and links below the tenant's folder; a linked folder is not entered."""
        found = []
        for folder, folders, files in os.walk(self.path):
            links = [name for name in folders if Path(folder, name).is_symlink()]
            found += [PurePosixPath(Path(folder, name).relative_to(self.path).as_posix()) for name in files + links]
        return found

    def _text(self, file: PurePosixPath) -> bytes | None:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            return (self.path / file).read_bytes()
        return None

    def _remove(self, file: PurePosixPath) -> None:
        path = self.path / file
        with on_disk(path.parent):
            path.unlink(missing_ok=True)
            for folder in path.parents:
                if folder == self.path or any(folder.iterdir()):
                    break
                folder.rmdir()

    def _foreign(self, path: Path) -> Problem:
        return Problem(
            f"{path} was not written by workteam export: move it out of {self.path}, or export to another folder.",
            Exit.CANNOT_WRITE,
        )
