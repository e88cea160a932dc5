"""A mapping file that cannot be used is one sentence."""

from pathlib import Path

import pytest

from workteam_cli.output import Exit, Problem
from workteam_cli.rehearsal.directory import Directory
from workteam_cli.rehearsal.mapping import load_mapping

ROW = '- {source: "[userPrincipalName]", target: userName, matching: 1}\n'


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        pytest.param(
            ROW + '- {source: "[shoeSize]", target: title}',
            "m.yaml: users[1]: source: the source attribute [shoeSize] is unknown; use a Microsoft Graph "
            "property such as "
            "[displayName].",
            id="unknown source attribute",
        ),
        pytest.param(
            ROW + '- {source: "[jobTitle]", target: salary}',
            "m.yaml: users[1]: target: salary is no attribute of a SCIM user; take one of the default mapping.",
            id="unknown target",
        ),
        pytest.param(
            ROW + '- {source: "Reverse([jobTitle])", target: title}',
            "m.yaml: users[1]: source: the function Reverse is unknown; known are Append, Coalesce, Item, Join, "
            "SingleAppRoleAssignment, Switch, ToLower, ToUpper.",
            id="unknown function",
        ),
        pytest.param(
            '- {source: "[jobTitle]", target: title}',
            "m.yaml: users: no row has a matching precedence; write matching: 1 at the attribute that tells "
            "who is who.",
            id="nothing to match by",
        ),
        pytest.param(ROW + ROW, "m.yaml: users: the target userName is mapped twice; keep one row.", id="mapped twice"),
        pytest.param(
            ROW + '- {source: "[mail]", target: title, when: never}',
            "m.yaml: users.1.when: Extra inputs are not permitted; see mappings/default.yaml for the form.",
            id="unknown column",
        ),
        pytest.param(
            ROW + '- {source: "[mail]", target: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager"}',
            "m.yaml: users[1]: source: a reference is mapped from [manager] alone; write that.",
            id="a reference from something else",
        ),
    ],
)
def test_malformed_mapping(rows: str, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text("users:\n" + rows, encoding="utf-8")
    with pytest.raises(Problem) as raised:
        load_mapping(tmp_path / "m.yaml")
    assert (str(raised.value), raised.value.code) == (sentence, Exit.BAD_FILE)


def test_a_property_of_the_export_can_be_mapped(contoso: Directory, tmp_path: Path) -> None:
    """What Graph lists and the portal's names are known; a customer's schema is a target."""
    rows = (
        ROW
        + '- {source: "[extensionAttribute1]", target: "urn:ietf:params:scim:schemas:extension:contoso:2.0:User:tag"}\n'
        '- {source: "[telephoneNumber]", target: title, apply: OnCreate}\n'
    )
    (tmp_path / "m.yaml").write_text("users:\n" + rows, encoding="utf-8")
    mapping = load_mapping(tmp_path / "m.yaml", contoso)
    assert [row.target.text for row in mapping.users.rows] == [
        "userName",
        "urn:ietf:params:scim:schemas:extension:contoso:2.0:User:tag",
        "title",
    ]
