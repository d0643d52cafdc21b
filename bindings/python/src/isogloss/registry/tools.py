"""Tools: a function to what the registry keeps, and the function's values to results."""

import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final, get_type_hints

from msgspec import UNSET, Raw, UnsetType

from ..arguments import WrongArguments
from ..context import Context
from ..error import ToolError
from ..mirrored import mirrored_in
from ..output import Output
from ..protocol.types.tools import CallToolResult, Tool, ToolAnnotations
from ..schema import Coerced, Parameters, Written, served
from ..values import failure, output_of_tool, tool_result
from . import Given, ToolEntry
from .running import in_thread, later
from .told import OfferOptions, about_of, doc_of, given_of, typed

if TYPE_CHECKING:
    from ..tasks import AsTask

log: Final = logging.getLogger("isogloss")


class ToolOptions(OfferOptions, total=False):
    """What a tool can be told."""

    annotations: ToolAnnotations | dict[str, Any] | None
    """Hints at what it does to the world."""

    confirm: str | None
    """What the user is asked before it runs, if its arguments are right. Without a yes it does not."""

    task: "bool | AsTask"
    """Whether it runs as a task, for clients that know tasks, and how."""

    input_schema: dict[str, Any] | None
    """The schema of the arguments, written by hand: it is served as it is, and held. The function gets a dict."""

    output_schema: dict[str, Any] | None
    """That of what it gives, in the place of the type that its function returns."""


def tool_of(function: Callable[..., Any], name: str, options: ToolOptions) -> ToolEntry:
    """The tool that a function is.

    Raises TypeError if a type cannot be told in JSON, ValueError if a schema cannot be held.
    """
    parameters = _parameters(function, name, options)
    returned = get_type_hints(function, include_extras=True).get("return", Any)
    output = output_of_tool(returned, options.get("output_schema"))
    told = given_of(
        title=options.get("title"), icons=options.get("icons"), meta=options.get("meta")
    )
    by_type = isinstance(parameters, Parameters)
    definition = Tool(
        name=name,
        description=doc_of(function, options.get("description")),
        input_schema=served(parameters.schema) if by_type else parameters.schema,
        output_schema=_output_schema(output, options),
        annotations=typed(ToolAnnotations, options.get("annotations")),
        **told,
    )
    work = in_thread(function) if options.get("in_thread") else function
    confirm = options.get("confirm")
    if confirm is None:
        run = _run(work, parameters, output)
    else:
        run = _ask_first(work, parameters, output, confirm)
    about, mirrored = about_of(options), mirrored_in(parameters.schema)
    return ToolEntry(definition, run, about, mirrored, _as_task(options), confirm is not None)


def _output_schema(output: Output, options: ToolOptions) -> dict[str, Any] | UnsetType:
    if output.schema is None or options.get("output_schema") is not None:
        return output.schema or UNSET
    return served(output.schema)


def _as_task(options: ToolOptions) -> "AsTask | None":
    task = options.get("task", False)
    if task is True:
        from ..tasks import AsTask

        return AsTask()
    return task or None


def _parameters(
    function: Callable[..., Any], name: str, options: ToolOptions
) -> Parameters | Written:
    coerced = _coerced(name)
    schema = options.get("input_schema")
    if schema is not None:
        return Written(function, schema, Context, coerced)
    return Parameters(function, Context, coerced)


def _coerced(tool: str) -> Callable[[Context], Coerced | None]:
    """What is told of arguments that were taken for something else; None if none are to be."""

    def by(context: Context) -> Coerced | None:
        coercion = context.answering.coercion
        if coercion == "off":
            return None
        if coercion == "on":
            return lambda _: None
        return lambda line: log.warning("the tool %s: arguments: %s", tool, line)

    return by


def _run(
    function: Callable[..., Any], parameters: Parameters | Written, output: Output
) -> Callable[[Raw | bytes, Context], Given[CallToolResult]]:
    def run(arguments: Raw | bytes, context: Context) -> Given[CallToolResult]:
        try:
            value = function(**parameters.read(arguments, context))
        except (WrongArguments, ToolError) as error:
            return failure(error)
        if hasattr(type(value), "__await__"):
            return _awaited(value, output)
        return tool_result(value, output)

    return run


def _ask_first(
    function: Callable[..., Any], parameters: Parameters | Written, output: Output, question: str
) -> Callable[[Raw | bytes, Context], Given[CallToolResult]]:
    """Only about calls that would run is the user asked."""

    def run(arguments: Raw | bytes, context: Context) -> Given[CallToolResult]:
        from .confirm import confirmed

        try:
            given = parameters.read(arguments, context)
        except WrongArguments as error:
            return failure(error)

        def work() -> Any:
            context.ready_for_task()
            return function(**given)

        return _awaited(confirmed(question, context, work), output)

    return run


async def _awaited(value: Awaitable[Any], output: Output) -> CallToolResult:
    try:
        value = await value
        return tool_result(await value if later(value) else value, output)
    except ToolError as error:
        return failure(error)
