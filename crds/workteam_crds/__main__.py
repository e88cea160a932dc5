"""``python -m workteam_crds [--check]``: write the manifests, or name those that do not match the kinds.

They are written twice, byte for byte: ``crds/*.yaml`` for ``kubectl apply`` and reviewers, and into the chart, since
helm reads no file outside a chart's folder.
"""

import argparse
import sys
from pathlib import Path

import yaml

from workteam_crds.manifest import manifests

ROOT = Path(__file__).parents[2]
FOLDERS = (ROOT / "crds", ROOT / "charts" / "workteam" / "files" / "crds")
HEADER = "# Generated from crds/workteam_crds/kinds by `python -m workteam_crds`; do not edit.\n"


def main() -> int:
    """Return 0 if all is written or equal, 1 if a committed manifest is stale."""
    parser = argparse.ArgumentParser(prog="python -m workteam_crds", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, name stale manifests and exit with 1")
    check = parser.parse_args().check
    texts = {
        name: HEADER + yaml.safe_dump(manifest, sort_keys=False, width=120) for name, manifest in manifests().items()
    }
    wanted = {folder / name: text for folder in FOLDERS for name, text in texts.items()}
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text() != text]
    stale += [path for folder in FOLDERS for path in folder.glob("*.yaml") if path not in wanted]
    if check:
        for path in stale:
            sys.stderr.write(f"{path.relative_to(ROOT)} does not match the kinds: run `python -m workteam_crds`\n")
        return 1 if stale else 0
    for path in stale:
        if path in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[path])
        else:
            path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
