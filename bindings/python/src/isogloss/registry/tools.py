"""Tools: a function to what the registry keeps, and the function's values to results."""

from collections.abc import Awaitable, Callable
from typing import Any, get_type_hints

from msgspec import UNSET, Raw

from ..arguments import WrongArguments
from ..context import Context
from ..error import ToolError
from ..mirrored import mirrored_in
from ..protocol.types.tools import CallToolResult, Tool, ToolAnnotations
from ..schema import Parameters
from ..values import failed, output_schema, tool_result
from . import Given, ToolEntry
from .running import in_thread, later
from .told import OfferOptions, about_of, doc_of, given_of, typed


class ToolOptions(OfferOptions, total=False):
    """What a tool can be told."""

    annotations: ToolAnnotations | dict[str, Any] | None
    """Hints at what it does to the world."""

    confirm: str | None
    """What the user is asked before it runs, if its arguments are right. Without a yes it does not."""


def tool_of(function: Callable[..., Any], name: str, options: ToolOptions) -> ToolEntry:
    """The tool that a function is.

    Raises TypeError if a type cannot be told in JSON.
    """
    parameters = Parameters(function, Context)
    returned = get_type_hints(function, include_extras=True).get("return", Any)
    told = given_of(
        title=options.get("title"), icons=options.get("icons"), meta=options.get("meta")
    )
    definition = Tool(
        name=name,
        description=doc_of(function, options.get("description")),
        input_schema=parameters.schema,
        output_schema=output_schema(returned) or UNSET,
        annotations=typed(ToolAnnotations, options.get("annotations")),
        **told,
    )
    work = in_thread(function) if options.get("in_thread") else function
    confirm = options.get("confirm")
    run = _run(work, parameters) if confirm is None else _ask_first(work, parameters, confirm)
    return ToolEntry(definition, run, about_of(options), mirrored_in(parameters.schema))


def _run(
    function: Callable[..., Any], parameters: Parameters
) -> Callable[[Raw | bytes, Context], Given[CallToolResult]]:
    def run(arguments: Raw | bytes, context: Context) -> Given[CallToolResult]:
        try:
            value = function(**parameters.read(arguments, context))
        except (WrongArguments, ToolError) as error:
            return failed(str(error))
        return _awaited(value) if hasattr(type(value), "__await__") else tool_result(value)

    return run


def _ask_first(
    function: Callable[..., Any], parameters: Parameters, question: str
) -> Callable[[Raw | bytes, Context], Given[CallToolResult]]:
    """Only about calls that would run is the user asked."""

    def run(arguments: Raw | bytes, context: Context) -> Given[CallToolResult]:
        from .confirm import confirmed

        try:
            given = parameters.read(arguments, context)
        except WrongArguments as error:
            return failed(str(error))
        return _awaited(confirmed(question, context, lambda: function(**given)))

    return run


async def _awaited(value: Awaitable[Any]) -> CallToolResult:
    try:
        value = await value
        return tool_result(await value if later(value) else value)
    except ToolError as error:
        return failed(str(error))
