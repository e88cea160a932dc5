"""The expression language: values as Microsoft's function reference gives them, and one sentence for each mistake."""

import pytest

from workteam_cli.rehearsal.expressions import BadExpressionError, Role, Value, evaluate, first, parse

ROLES = (Role("d0", "Manager", "Manager"), Role("d1", "User", "User"))
SOURCE: dict[str, Value] = {
    "givenName": "Ana",
    "surname": "Ito",
    "nothing": None,
    "empty": "",
    "phones": ("1", "2"),
    "none": (),
    "spaced": "  x ",
    "IsSoftDeleted": "False",
    "appRoleAssignments": ROLES,
    "noRoles": (),
}


@pytest.mark.parametrize(
    ("source", "value"),
    [
        pytest.param("[givenName]", "Ana", id="an attribute is its value"),
        pytest.param("[spaced]", "  x ", id="spaces are kept"),
        pytest.param("[phones]", "1", id="of several values the first is sent"),
        pytest.param("[none]", None, id="an empty list is nothing"),
        pytest.param("[empty]", None, id="an empty text is nothing"),
        pytest.param('"fixed"', "fixed", id="a literal"),
        pytest.param(r'"a \"quoted\" word"', 'a "quoted" word', id="a literal with quotes"),
        pytest.param('Join(" ", [givenName], [surname])', "Ana Ito", id="join"),
        pytest.param('Join(" ", [nothing], [surname])', "Ito", id="join leaves no space for an absent part"),
        pytest.param('Join("", [nothing])', None, id="join of nothing is nothing"),
        pytest.param('Join("-", [phones])', "1-2", id="join of a list"),
        pytest.param('Append([givenName], "@x")', "Ana@x", id="append"),
        pytest.param("Coalesce([nothing], [empty], [surname])", "Ito", id="coalesce takes the first that is there"),
        pytest.param("Coalesce([nothing])", None, id="coalesce of nothing"),
        pytest.param("Item([phones], 2)", "2", id="item counts from one"),
        pytest.param("Item([phones], 3)", None, id="item beyond the end is nothing"),
        pytest.param("Item([none], 1)", None, id="item of an empty list is nothing"),
        pytest.param('Switch([IsSoftDeleted], , "False", "True", "True", "False")', "True", id="the Switch of active"),
        pytest.param('Switch([surname], "other", "Ana", "x")', "other", id="switch falls back to its default"),
        pytest.param('Switch([surname], , "Ana", "x")', None, id="switch without default is nothing"),
        pytest.param("SingleAppRoleAssignment([appRoleAssignments])", ROLES[0], id="the earliest role wins"),
        pytest.param("SingleAppRoleAssignment([noRoles])", None, id="Default Access has no role"),
        pytest.param("ToLower([givenName])", "ana", id="lower"),
        pytest.param("ToUpper(Append([givenName], [surname]))", "ANAITO", id="nested calls"),
    ],
)
def test_value(source: str, value: Value) -> None:
    assert first(evaluate(parse(source), SOURCE.__getitem__)) == value


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        pytest.param(
            "Reverse([x])",
            "the function Reverse is unknown; known are Append, Coalesce, Item, Join, SingleAppRoleAssignment, Switch, "
            "ToLower, ToUpper",
            id="unknown function",
        ),
        pytest.param("Append([x])", "Append does not take 1 arguments in 'Append([x])'", id="too few arguments"),
        pytest.param(
            'Switch([x], , "a", "b", "c")',
            'Switch does not take 5 arguments in \'Switch([x], , "a", "b", "c")\'',
            id="a pair without its value",
        ),
        pytest.param(
            "Join([x]", "'Join([x]' ends too early; is a bracket or a quote missing?", id="missing parenthesis"
        ),
        pytest.param("[x] [y]", "'[y]' is left over at the end of '[x] [y]'", id="two expressions"),
        pytest.param("", "'' ends too early; is a bracket or a quote missing?", id="empty"),
        pytest.param(
            "Join([x] [y])", "the arguments of Join need commas between them in 'Join([x] [y])'", id="missing comma"
        ),
        pytest.param("[x", "'[x' in '[x' is no [attribute], \"text\" or Function(…)", id="open bracket"),
        pytest.param(
            "Item", "'Item' ends too early; is a bracket or a quote missing?", id="function without arguments"
        ),
        pytest.param("Item[x]", "Item needs its arguments in parentheses in 'Item[x]'", id="wrong brackets"),
        pytest.param(
            ")", "')' stands where an attribute, a text or a function belongs in ')'", id="a stray parenthesis"
        ),
    ],
)
def test_mistake(source: str, sentence: str) -> None:
    with pytest.raises(BadExpressionError) as raised:
        parse(source)
    assert str(raised.value) == sentence
