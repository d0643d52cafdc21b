"""Lists that come in pages: one item after the other as they come, each page asked for when it is needed."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, TypeVar

from msgspec import UNSET, UnsetType

from ..error import ErrorKind, McpError
from ..protocol.limits import MAX_PAGES
from ..protocol.types.base import PaginatedRequestParams

Item = TypeVar("Item")
Page = TypeVar("Page")


async def items(
    load: Callable[[PaginatedRequestParams], Awaitable[Page]],
    items_of: Callable[[Page], list[Item]],
) -> AsyncGenerator[Item, None]:
    """What a server has of a kind. The same cursor again is the end.

    Raises McpError of kind `decode` if there are more pages than `max_pages`.
    """
    cursor: str | UnsetType = UNSET
    for _ in range(MAX_PAGES):
        page: Any = await load(PaginatedRequestParams(cursor=cursor))
        for item in items_of(page):
            yield item
        if page.next_cursor is UNSET or page.next_cursor == cursor:
            return
        cursor = page.next_cursor
    what = f"the list has more pages than the limit of {MAX_PAGES} (max_pages)"
    raise McpError(ErrorKind.DECODE, what)
