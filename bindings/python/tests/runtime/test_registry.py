"""Lists by pages, and URIs with variables."""

import pytest

from isogloss import McpError
from isogloss.registry import Shelf, UriTemplate


def test_pages_follow_each_other_in_the_order_of_adding() -> None:
    shelf: Shelf[int] = Shelf("number")
    for i in range(7):
        shelf.add(f"n{9 - i}", i)
    seen: list[int] = []
    cursor: str | None = None
    sizes = []
    while True:
        page, cursor = shelf.page(cursor, 3)
        seen += page
        sizes.append(len(page))
        if cursor is None:
            break
    assert (seen, sizes) == (list(range(7)), [3, 3, 1])
    assert shelf.page(None, 7) == (list(range(7)), None)


@pytest.mark.parametrize("cursor", ["", "x", "MA", "OTk", "-1", "é"])
def test_a_cursor_of_another_list_is_refused(cursor: str) -> None:
    shelf: Shelf[int] = Shelf("number")
    shelf.add("one", 1)
    with pytest.raises(McpError, match=r"^params\.cursor: not a cursor of this list \(-32602\)$"):
        shelf.page(cursor, 1)


def test_a_name_is_given_once() -> None:
    shelf: Shelf[int] = Shelf("tool")
    shelf.add("a", 1)
    with pytest.raises(ValueError, match="there is a tool 'a' already"):
        shelf.add("a", 2)


@pytest.mark.parametrize(
    ("template", "uri", "variables"),
    [
        ("item://{id}", "item://caf%C3%A9%20%E2%9C%93", {"id": "café ✓"}),
        ("item://{id}", "item://café ✓", {"id": "café ✓"}),
        ("item://{id}", "item://a/b", None),
        ("item://{id}", "item://a%2Fb", {"id": "a/b"}),
        ("item://{id}", "item://", None),
        ("item://{id}", "item://%ff", None),
        ("file:///{+path}", "file:///a/b%20c", {"path": "a/b c"}),
        ("x://{a}/y/{b_2}?q=1", "x://1/y/2?q=1", {"a": "1", "b_2": "2"}),
        ("stadt://köln/{id}", "stadt://k%C3%B6ln/1", {"id": "1"}),
        ("a.b://{id}", "axb://1", None),
    ],
)
def test_variables_are_found_in_a_uri(template: str, uri: str, variables: object) -> None:
    assert UriTemplate(template).match(uri) == variables


@pytest.mark.parametrize("template", ["x://{a", "x://{a,b}", "x://{?q}", "x://a}"])
def test_a_template_that_is_not_understood_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match="are understood"):
        UriTemplate(template)
