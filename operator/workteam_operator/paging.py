"""Whole lists of a tenant, page by page in the order of their indexes, or nothing: half a list says nothing (A4)."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

from workteam_operator.backend.port import Account, Page, Team

F = TypeVar("F", Account, Team)


class ListVoid(Exception):
    """A page was short, out of order, or of another list than the one before; the text names no person."""


async def pages(read: Callable[[int], Awaitable[Page[F]]]) -> AsyncIterator[tuple[F, ...]]:
    """Yield every page of a list to its end. What was yielded counts only if no error follows.

    A tenant may serve fewer at once than it was asked for, and something may be added at the end meanwhile. Raises
    ``ListVoid``, and what ``read`` raises.
    """
    seen: set[str] = set()
    start, size, total = 1, 0, 0
    while start == 1 or start <= total:
        page = await read(start)
        _refuse_other_list(page, start, total)
        total, left = page.total, page.total - start + 1
        if len(page.found) > left or (len(page.found) < left and len(page.found) < max(size, 1)):
            raise ListVoid(f"the page from index {start} has {len(page.found)} of {left} entries")
        size = size or len(page.found)
        before = len(seen)
        seen.update(item.id for item in page.found)
        if len(seen) != before + len(page.found):
            raise ListVoid(f"the page from index {start} has an entry for the second time")
        yield page.found
        start += max(len(page.found), 1)


async def read_all(read: Callable[[int], Awaitable[Page[F]]]) -> tuple[F, ...]:
    """Return a whole list. Raises as ``pages`` does."""
    return tuple([item async for page in pages(read) for item in page])


def _refuse_other_list(page: Page[F], start: int, total: int) -> None:
    if page.found and page.start not in (None, start):
        raise ListVoid(f"the page from index {start} begins at {page.start}")
    if page.total < total:
        raise ListVoid(f"{total} entries became {page.total} while they were read")
