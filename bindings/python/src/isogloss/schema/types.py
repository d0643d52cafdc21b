"""From Python types to JSON Schema."""

from typing import Any

import msgspec

from . import foreign


def schema_of(of: Any, *, given: bool = False, held: bool = False) -> dict[str, Any]:
    """The JSON Schema of a type, its definitions inside.

    Of what is `given` by a function rather than to it, where a type makes a difference. As it is `held`, it says
    nothing of types that check their values themselves. Raises TypeError if the type has no schema.
    """
    inner: dict[str, Any] = {}

    def of_foreign(type: Any) -> dict[str, Any]:
        if held and foreign.speaks(type):
            return {"$comment": "it checks its values itself"}
        schema = foreign.schema_of(type, given=given)
        for name, definition in schema.pop("$defs", {}).items():
            if inner.setdefault(name, definition) != definition:
                raise TypeError(f"two types have the name {name}")
        return schema

    (schema,), definitions = msgspec.json.schema_components(
        (of,), schema_hook=of_foreign, ref_template="#/$defs/{name}"
    )
    for name, definition in definitions.items():
        # The name of a Python class says nothing to a client.
        definition.pop("title", None)
        if name in inner:
            raise TypeError(f"two types have the name {name}")
    definitions.update(inner)
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
