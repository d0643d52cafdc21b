"""From Python types to JSON Schema, and from JSON straight into arguments.

What msgspec understands can be declared: built-in types, dataclasses, TypedDict, enumerations, Literal,
msgspec structs, and constraints with `Annotated[int, Meta(ge=1)]`. What is wrong with arguments is told
by `arguments`, all of it at once.
"""

import copy
import inspect
from collections.abc import Callable
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Raw, Struct

from .arguments import check


def schema_of(of: Any) -> dict[str, Any]:
    """The JSON Schema of a type, its definitions inside.

    Raises TypeError if the type has none.
    """
    (schema,), definitions = msgspec.json.schema_components((of,), ref_template="#/$defs/{name}")
    for definition in definitions.values():
        # The name of a Python class says nothing to a client.
        definition.pop("title", None)
    if list(schema) == ["$ref"]:
        name = schema["$ref"].removeprefix("#/$defs/")
        if not _is_used(name, definitions):
            schema = definitions.pop(name)
    return {**schema, "$defs": definitions} if definitions else schema


def _is_used(name: str, within: object) -> bool:
    """Whether a definition refers to another."""
    if isinstance(within, dict):
        return within.get("$ref") == f"#/$defs/{name}" or any(
            _is_used(name, v) for v in within.values()
        )
    return isinstance(within, list) and any(_is_used(name, item) for item in within)


class Parameters:
    """The parameters of a function, as a schema and as what reads JSON into them."""

    def __init__(self, function: Callable[..., Any], context: type | None = None) -> None:
        """Reads a signature; a parameter of type `context` is not the caller's.

        Raises TypeError if a parameter cannot be told in JSON.
        """
        hints = get_type_hints(function, include_extras=True)
        fields: list[Any] = []
        self._context: str | None = None
        for parameter in inspect.signature(function).parameters.values():
            hint = hints.get(parameter.name, Any)
            if context is not None and _says(hint, context):
                self._context = parameter.name
                continue
            if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
                raise TypeError(f"{function.__name__}: {parameter} has no name in JSON")
            fields.append(_field(parameter, hint))
        self.names: tuple[str, ...] = tuple(name for name, *_ in fields)
        self.required: tuple[str, ...] = tuple(name for name, _, *rest in fields if not rest)
        self.type: type[Struct] = msgspec.defstruct(
            "Arguments", fields, kw_only=True, forbid_unknown_fields=True
        )
        self.schema = schema_of(self.type)
        self._decode = msgspec.json.Decoder(self.type).decode

    def read(self, given: Raw | bytes, context: object) -> dict[str, Any]:
        """The arguments of a call, by name.

        Raises WrongArguments, which tells all that is wrong.
        """
        try:
            arguments = self._decode(given)
        except msgspec.DecodeError:
            arguments = check(given, self.type)
        return self._by_name(arguments, context)

    def read_texts(self, given: dict[str, str], context: object) -> dict[str, Any]:
        """The arguments of a call that gives all of them as text, as templates and prompts do.

        Raises WrongArguments, which tells all that is wrong.
        """
        try:
            arguments = msgspec.convert(given, self.type, strict=False)
        except msgspec.ValidationError:
            arguments = check(msgspec.json.encode(given), self.type)
        return self._by_name(arguments, context)

    def _by_name(self, arguments: Struct, context: object) -> dict[str, Any]:
        named = {name: getattr(arguments, name) for name in self.names}
        if self._context is not None:
            named[self._context] = context
        return named

    def descriptions(self) -> dict[str, str]:
        """What the schema says of each parameter, for those that have a description."""
        about = self.schema.get("properties", {})
        return {name: about[name]["description"] for name in about if "description" in about[name]}


def _says(hint: Any, of: type) -> bool:
    """Whether a hint says a type: `Context`, `Context | None` or `Annotated[Context, …]`."""
    if get_origin(hint) in (Annotated, Union, UnionType):
        return any(_says(part, of) for part in get_args(hint))
    return isinstance(hint, type) and issubclass(hint, of)


def _field(parameter: inspect.Parameter, hint: Any) -> tuple[Any, ...]:
    default = parameter.default
    if default is parameter.empty:
        return (parameter.name, hint)
    if isinstance(default, (list, dict, set)):
        return (parameter.name, hint, msgspec.field(default_factory=lambda: copy.copy(default)))
    return (parameter.name, hint, default)
