"""Larger directories are those of the sample directory's notes, to the figure."""

from workteam_cli.rehearsal.directory import Directory
from workteam_cli.rehearsal.synthetic import synthetic


def test_synthetic_directory_has_the_figures_of_the_notes(contoso: Directory) -> None:
    """At 10,000: enabled, disabled, recycle bin, dangling managers, memberships, large groups, depth."""
    directory = synthetic(contoso, 10_000)
    users = directory.users
    recycled = [user for user in users.values() if user.deleted_date_time]
    disabled = [user for user in users.values() if not user.account_enabled and not user.deleted_date_time]
    dangling = [user for user in users.values() if user.manager and user.manager.id not in users]
    roots = [user for user in users.values() if user.manager is None]
    sizes = [len(set(group.members)) for group in directory.groups.values()]
    assert len(users) == 10_000
    assert (10_000 - len(disabled) - len(recycled), len(disabled), len(recycled)) == (9755, 215, 30)
    assert (len(dangling), len(roots), sum(sizes), sum(size > 250 for size in sizes)) == (10, 1, 41_261, 20)
    assert sizes[:5] == [10_000, 5000, 2500, 1666, 1250]
    assert len({user.user_principal_name.lower() for user in users.values()}) == 10_000
    directory.check("synthetic")


def test_synthetic_rows_follow_the_rules(contoso: Directory) -> None:
    """The first row is the chief executive, the second block's is a Managing Director who reports to her."""
    users = list(synthetic(contoso, 1000).users.values())
    first, second = users[0], users[31]
    assert (first.id, first.display_name, first.user_principal_name, first.employee_id, first.manager) == (
        "a1000000-0000-4000-8000-000000000001",
        "Patti Fernandez 00001",
        "PattiF00001@contoso.com",
        "000001",
        None,
    )
    assert second.manager is not None
    assert (second.job_title, second.manager.id) == ("Managing Director", first.id)
    assert users[-22].user_principal_name == "sofia.marin00979_fabrikam.com#EXT#@contoso.onmicrosoft.com"
    assert users[250].user_principal_name.startswith("a1000000000040008000000000000251")
