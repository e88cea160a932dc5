"""``workteam export``: the record of a tenant for Git, one file per object."""

import asyncio
from pathlib import Path

import click

from workteam_cli.choice import Choice, cluster_options
from workteam_cli.objects import read_objects
from workteam_cli.output import Problem, console, document, output_option
from workteam_cli.record.folder import Changes, RecordFolder, documents_of
from workteam_cli.record.layout import path_of
from workteam_cli.target import connected

HELP = """Write a tenant's objects into DIR, one YAML file each, and remove the files of objects that are gone.

Files are DIR/tenants/TENANT/tenant.yaml and users/, groups/, memberships/ beside it. They hold what a person decides:
spec, labels and annotations; no status, no uid, no namespace, never a Secret. The same objects give the same bytes.
What is being deleted counts as gone.

\b
Example:
  workteam export record && git -C record add -A && git -C record commit
  kubectl apply -n workteam -R -f record/tenants/acme

\b
Exit codes: 0 written, 1 an object could not be read (its file stays), 64 several tenants,
65 a file of DIR is not what it should be, 66 no such tenant, 69 no answer from the cluster,
73 DIR cannot be written or holds foreign files, 77 not allowed
"""


@click.command(help=HELP)
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@cluster_options
@output_option
def export(folder: Path, choice: Choice, output: str) -> None:
    """Write the record."""
    changes, unreadable = asyncio.run(_export(folder, choice))
    if output == "table":
        written, removed = len(changes.written), len(changes.removed)
        console().print(f"{written} written, {removed} removed, {changes.unchanged} unchanged", markup=False)
    else:
        written_files = [str(file) for file in changes.written]
        removed_files = [str(file) for file in changes.removed]
        document({"written": written_files, "removed": removed_files, "unchanged": changes.unchanged}, output)
    if unreadable:
        raise Problem(f"This version cannot read {', '.join(unreadable)}: their files were left as they are.")


async def _export(folder: Path, choice: Choice) -> tuple[Changes, list[str]]:
    async with connected(choice) as target:
        record = RecordFolder(folder, target.key.name)
        record.files()  # what is foreign is refused before anything is read
        objects = await read_objects(target.cluster, target.tenant)
    kept = frozenset(path_of(key.kind, key.name) for key in objects.unreadable)
    changes = record.write(documents_of(objects), kept, target.key.namespace)
    return changes, [str(key) for key in objects.unreadable]
