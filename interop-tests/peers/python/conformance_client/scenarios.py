"""What is done in each scenario, once there is a connection."""

from collections.abc import Awaitable, Callable
from typing import Any

from isogloss import Client
from isogloss.protocol.revisions import codec
from isogloss.protocol.types import Tool

import msgspec

Play = Callable[[Client, dict[str, Any]], Awaitable[Any]]
"""It is given what a user of the scenario knows."""


def scenario(name: str) -> Play:
    match name:
        case "initialize" | "request-metadata" | "json-schema-ref-no-deref":
            return list_tools
        case "elicitation-sep1034-client-defaults":
            return calling("test_client_elicitation_defaults")
        case "sse-retry":
            return calling("test_reconnection")
        case "sep-2322-client-request-state":
            return calling("test_mrtr_echo_state", "test_mrtr_no_state", "test_mrtr_no_result_type")
        case "http-standard-headers":
            return use_all
        case "http-custom-headers":
            return marked
        case "http-invalid-tool-headers":
            return call_listed
        case "json-schema-2020-12-preservation":
            return echo_schema
    return use_first


async def list_tools(client: Client, _: dict[str, Any]) -> None:
    await client.list_tools()


def calling(*names: str) -> Play:
    """Lists the tools, and calls these."""

    async def play(client: Client, _: dict[str, Any]) -> None:
        await client.list_tools()
        for name in names:
            await client.call_tool(name)

    return play


async def use_first(client: Client, _: dict[str, Any]) -> None:
    """`tools_call`, and whatever is about the way to a server: list the tools, and call the first."""
    for tool in (await client.list_tools())[:1]:
        await client.call_tool(tool.name, {"a": 2, "b": 3} if tool.name == "add_numbers" else {})


async def use_all(client: Client, _: dict[str, Any]) -> None:
    """Uses whatever the server has."""
    for tool in await client.list_tools():
        await client.call_tool(tool.name)
    for resource in await client.list_resources():
        await client.read_resource(resource.uri)
    for prompt in await client.list_prompts():
        await client.get_prompt(prompt.name)


async def marked(client: Client, known: dict[str, Any]) -> None:
    """Calls tools some of whose arguments headers repeat."""
    await client.list_tools()
    for call in known.get("toolCalls", []):
        await client.call_tool(call["name"], call["arguments"])


async def call_listed(client: Client, _: dict[str, Any]) -> None:
    for tool in await client.list_tools():
        await client.call_tool(tool.name, {"region": "us-east1"})


async def echo_schema(client: Client, _: dict[str, Any]) -> None:
    """Gives a schema back as it came."""
    for tool in await client.list_tools():
        if tool.name == "json_schema_2020_12_tool":
            text = codec(Tool).encode(tool, client.revision)
            schema = msgspec.json.decode(text)["inputSchema"]
            await client.call_tool("json_schema_echo", {"schema": schema})
            return
    raise LookupError("there is no json_schema_2020_12_tool")
