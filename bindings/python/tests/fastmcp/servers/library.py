"""A library with a database: what the lifespan opens is there for every call; results have a structure."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypedDict

from isogloss import Context, Server


@dataclass
class App:
    books: sqlite3.Connection


@asynccontextmanager
async def lifespan(_: Server) -> AsyncIterator[App]:
    """Open the books of the library, and close them in the end."""
    books = sqlite3.connect(":memory:")
    books.execute("create table books (title text, year integer)")
    books.executemany("insert into books values (?, ?)", [("Emma", 1815), ("Dracula", 1897)])
    try:
        yield App(books)
    finally:
        books.close()


mcp = Server("Library", lifespan=lifespan)


class Book(TypedDict):
    title: str
    year: int


@mcp.tool
def find_books(ctx: Context, before: int = 2000) -> list[Book]:
    """Books that appeared before a year."""
    app: App = ctx.request_context.lifespan_context
    rows = app.books.execute("select title, year from books where year < ?", (before,))
    return [Book(title=title, year=year) for title, year in rows]


@mcp.tool
def add_book(title: str, year: int, ctx: Context) -> Book:
    """Add a book."""
    ctx.lifespan_context.books.execute("insert into books values (?, ?)", (title, year))
    return Book(title=title, year=year)


@mcp.resource("library://statistics")
def statistics(ctx: Context) -> dict[str, Any]:
    (count,) = ctx.lifespan_context.books.execute("select count(*) from books").fetchone()
    return {"books": count, "library": ctx.fastmcp.name}


if __name__ == "__main__":
    mcp.run()
