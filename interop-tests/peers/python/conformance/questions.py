"""Tools that ask the user or the model of a client, in one round: with a form, with defaults, with all kinds of choices."""

from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec

from isogloss import Context, FormAnswer, Meta, Question, Server, ToolError, elicit, form, sample
from isogloss.protocol.revisions import NEWEST, codec
from isogloss.protocol.types import (
    CreateMessageRequestParams,
    CreateMessageResult,
    ElicitRequestFormParams,
    ElicitResult,
    ElicitSchema,
    SamplingMessage,
    TextContent,
)


@dataclass
class User:
    username: Annotated[str, Meta(description="User's response")]
    email: Annotated[str, Meta(description="User's email address")]


@dataclass
class Profile:
    name: str = "John Doe"
    age: int = 30
    score: float = 95.5
    status: Literal["active", "inactive", "pending"] = "active"
    verified: bool = True


OPTIONS = ["option1", "option2", "option3"]
TITLED = [
    {"const": "value1", "title": "First Option"},
    {"const": "value2", "title": "Second Option"},
    {"const": "value3", "title": "Third Option"},
]
CHOICES = {
    "type": "object",
    "properties": {
        "untitledSingle": {"type": "string", "enum": OPTIONS},
        "titledSingle": {"type": "string", "oneOf": TITLED},
        "legacyEnum": {
            "type": "string",
            "enum": ["opt1", "opt2", "opt3"],
            "enumNames": ["Option One", "Option Two", "Option Three"],
        },
        "untitledMulti": {"type": "array", "items": {"type": "string", "enum": OPTIONS}},
        "titledMulti": {"type": "array", "items": {"anyOf": TITLED}},
    },
}
"""All kinds of choices that there are."""


def said(words: str, max_tokens: int) -> Question[CreateMessageResult]:
    """A question to the model, in one message of the user."""
    message = SamplingMessage(role="user", content=TextContent(text=words))
    return sample(CreateMessageRequestParams(messages=[message], max_tokens=max_tokens))


def text_of(result: CreateMessageResult) -> str:
    """What the model said, if that is a text."""
    if isinstance(result.content, TextContent):
        return result.content.text
    raise ToolError("the model answered with something else than text")


def told(answer: FormAnswer[User] | FormAnswer[Profile] | ElicitResult) -> str:
    content = answer.content or None
    return f"action={answer.action}, content={msgspec.json.encode(content).decode()}"


def offer(mcp: Server) -> None:
    @mcp.tool
    async def test_sampling(prompt: str, context: Context) -> TextContent:
        """Asks the client's model."""
        return TextContent(
            text=f"LLM response: {text_of(await context.ask(said(prompt, 100)))}"
        )

    @mcp.tool
    async def test_elicitation(message: str, context: Context) -> TextContent:
        """Asks the user."""
        return TextContent(text=f"User response: {told(await context.ask(form(message, User)))}")

    @mcp.tool
    async def test_elicitation_sep1034_defaults(context: Context) -> TextContent:
        """Asks with defaults."""
        question = form("Your profile, please; all of it has a default.", Profile)
        return TextContent(text=f"Elicitation completed: {told(await context.ask(question))}")

    @mcp.tool
    async def test_elicitation_sep1330_enums(context: Context) -> TextContent:
        """Asks for choices."""
        schema = codec(ElicitSchema).decode(msgspec.json.encode(CHOICES), NEWEST)
        question = elicit(
            ElicitRequestFormParams(message="Choose, please.", requested_schema=schema)
        )
        return TextContent(text=f"Elicitation completed: {told(await context.ask(question))}")
