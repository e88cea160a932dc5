"""Whole lists or nothing: what makes a list void, page by page."""

from collections.abc import Sequence

import pytest

from workteam_operator.backend.port import Account, Page
from workteam_operator.paging import ListVoid, read_all


def accounts(*ids: str) -> tuple[Account, ...]:
    return tuple(Account(found, f"{found}@contoso.example", None, active=True) for found in ids)


class Script:
    """Answers with pages that are written down, and notes which indexes were asked for."""

    def __init__(self, *answers: Page[Account]) -> None:
        self._answers = list(answers)
        self.asked: list[int] = []

    async def __call__(self, start: int) -> Page[Account]:
        self.asked.append(start)
        return self._answers.pop(0)


FULL_PAGES: dict[str, tuple[Sequence[Page[Account]], list[int]]] = {
    "nothing at all": ([Page((), 0)], [1]),
    "nothing, and an index of 0": ([Page((), 0, 0)], [1]),
    "one page": ([Page(accounts("1", "2"), 2, 1)], [1]),
    "pages as large as asked for": ([Page(accounts("1", "2"), 3, 1), Page(accounts("3"), 3, 3)], [1, 3]),
    "no index in the answers": ([Page(accounts("1", "2"), 3), Page(accounts("3"), 3)], [1, 3]),
    "one more at the end meanwhile": ([Page(accounts("1", "2"), 3, 1), Page(accounts("3", "4"), 4, 3)], [1, 3]),
}


@pytest.mark.parametrize("case", FULL_PAGES)
async def test_a_list_is_read_to_its_end(case: str) -> None:
    """Each page begins where the one before ended."""
    answers, asked = FULL_PAGES[case]
    script = Script(*answers)
    found = await read_all(script)
    assert ([account.id for account in found], script.asked) == (
        [account.id for page in answers for account in page.found],
        asked,
    )


VOID: dict[str, tuple[Sequence[Page[Account]], str]] = {
    "an empty page before the end": (
        [Page(accounts("1", "2"), 4, 1), Page((), 4, 3)],
        "the page from index 3 has 0 of 2 entries",
    ),
    "an empty first page": ([Page((), 4, 1)], "the page from index 1 has 0 of 4 entries"),
    "a short page in the middle": (
        [Page(accounts("1", "2"), 6, 1), Page(accounts("3"), 6, 3)],
        "the page from index 3 has 1 of 4 entries",
    ),
    "more than there are": ([Page(accounts("1", "2"), 1, 1)], "the page from index 1 has 2 of 1 entries"),
    "another order": (
        [Page(accounts("1", "2"), 4, 1), Page(accounts("2", "3"), 4, 3)],
        "the page from index 3 has an entry for the second time",
    ),
    "another page than asked for": (
        [Page(accounts("1", "2"), 4, 1), Page(accounts("1", "2"), 4, 1)],
        "the page from index 3 begins at 1",
    ),
    "fewer meanwhile": (
        [Page(accounts("1", "2"), 4, 1), Page(accounts("3"), 3, 3)],
        "4 entries became 3 while they were read",
    ),
}


@pytest.mark.parametrize("case", VOID)
async def test_half_a_list_is_none(case: str) -> None:
    """It says where it was not what it should have been, and names nobody."""
    answers, sentence = VOID[case]
    with pytest.raises(ListVoid) as void:
        await read_all(Script(*answers))
    assert str(void.value) == sentence
