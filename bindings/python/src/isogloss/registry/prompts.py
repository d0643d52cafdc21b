"""Prompts and completions: functions to what the registry keeps."""

import inspect
from collections.abc import Callable
from typing import Any

from msgspec import UNSET

from ..context import Context
from ..protocol.types.prompts import GetPromptResult, Prompt, PromptArgument
from ..schema import Parameters
from ..values import prompt_result
from . import Completer, Given, PromptEntry
from .running import in_thread, later
from .told import OfferOptions, about_of, doc_of, from_texts, given_of


def prompt_of(function: Callable[..., Any], name: str, options: OfferOptions) -> PromptEntry:
    """The prompt that a function is.

    Raises TypeError if a parameter cannot be told in JSON.
    """
    parameters = Parameters(function, Context)
    descriptions = parameters.descriptions()
    arguments = [
        PromptArgument(
            name=argument,
            required=argument in parameters.required,
            description=descriptions.get(argument, UNSET),
        )
        for argument in parameters.names
    ]
    doc = doc_of(function, options.get("description"))
    told = given_of(
        title=options.get("title"), icons=options.get("icons"), meta=options.get("meta")
    )
    definition = Prompt(
        name=name,
        description=doc,
        arguments=arguments or UNSET,
        **told,
    )
    about = None if doc is UNSET else doc
    work = in_thread(function) if options.get("in_thread") else function

    def fill(given: dict[str, str], context: Context) -> Given[GetPromptResult]:
        value = work(**from_texts(parameters, given, context, "params.arguments."))
        return _awaited(value, about) if later(value) else prompt_result(value, about)

    return PromptEntry(definition, fill, about_of(options))


async def _awaited(value: Any, about: str | None) -> GetPromptResult:
    return prompt_result(await value, about)


def completer_of(function: Callable[..., Any]) -> Completer:
    """What completes an argument: a function of what was typed, and of what was given already if it wants that."""
    parameters = inspect.signature(function, eval_str=True).parameters.values()
    contexts = [one.name for one in parameters if one.annotation is Context]
    wants_others = len(parameters) - len(contexts) > 1

    def complete(value: str, others: dict[str, str], context: Context) -> Given[list[str]]:
        named = dict.fromkeys(contexts, context)
        given = (value, others) if wants_others else (value,)
        return function(*given, **named)  # type: ignore[no-any-return]

    return complete
