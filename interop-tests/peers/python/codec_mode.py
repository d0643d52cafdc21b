"""The codec mode: messages through the generated code alone, one JSON line in, one out."""

import sys
from typing import Any

import msgspec
from isogloss.protocol.revisions import definition
from isogloss.wire.error import DecodeError, EncodeError
from isogloss.wire.reader import parse


class Line(msgspec.Struct):
    """What is asked: which type of which revision, and the message as it came."""

    type: str
    revision: str
    json: msgspec.Raw


def answer(line: bytes) -> dict[str, Any]:
    request = msgspec.json.decode(parse(line), type=Line)
    try:
        codec, revision = definition(request.revision, request.type)
    except KeyError:
        return refusal("", f"no type {request.type} in {request.revision}")
    try:
        value = codec.decode(bytes(request.json), revision)
        return {"ok": True, "json": msgspec.Raw(codec.encode(value, revision))}
    except (DecodeError, EncodeError) as error:
        return refusal(error.path, error.message)


def refusal(path: str, message: str) -> dict[str, Any]:
    return {"ok": False, "error": {"path": path, "message": message}}


def run() -> None:
    for line in sys.stdin.buffer:
        if line.strip():
            sys.stdout.buffer.write(msgspec.json.encode(answer(line)) + b"\n")
            sys.stdout.buffer.flush()
