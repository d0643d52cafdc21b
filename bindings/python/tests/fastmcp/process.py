"""A server as a process, and a client of either era by hand that answers what it is asked from a list."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

ROOT = Path(__file__).parents[2]
SERVERS = Path(__file__).with_name("servers")
ENVIRONMENT = {"PYTHONPATH": str(ROOT / "src")}

Era = Literal["modern", "legacy"]

CAN: dict[str, Any] = {"elicitation": {}, "sampling": {}}


class Client:
    """Speaks over the standard files of a server."""

    def __init__(self, process: subprocess.Popen[str], era: Era) -> None:
        self._process = process
        self._era = era
        self._id = 0
        self.answers: list[dict[str, Any]] = []
        """What the next questions are answered with."""
        self.asked: list[dict[str, Any]] = []
        """The params of all questions so far."""
        self.told: list[dict[str, Any]] = []
        """The params of all notifications so far."""
        if era == "legacy":
            about = {"name": "by hand", "version": "1"}
            self.ask("initialize", protocolVersion="2025-11-25", capabilities=CAN, clientInfo=about)
            self._send({"method": "notifications/initialized"})
            self.ask("logging/setLevel", level="debug")

    def call(self, name: str, /, **arguments: Any) -> Any:
        """The result of a tool."""
        return self.ask("tools/call", name=name, arguments=arguments)

    def ask(self, method: str, **params: Any) -> Any:
        """The result of a request, or its error, once all questions are answered."""
        result = self._once(method, params)
        answered: dict[str, Any] = {}
        while result.get("resultType") == "input_required":
            for key, question in result["inputRequests"].items():
                answered[key] = self._answer(question["params"])
            retry = {"requestState": result["requestState"], "inputResponses": answered}
            result = self._once(method, {**params, **retry})
        return result

    def _once(self, method: str, params: dict[str, Any]) -> Any:
        self._id += 1
        meta: dict[str, Any] = {"progressToken": 1}
        if self._era == "modern":
            meta |= {
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": CAN,
                "io.modelcontextprotocol/clientInfo": {"name": "by hand", "version": "1"},
                "io.modelcontextprotocol/logLevel": "debug",
            }
        self._send({"id": self._id, "method": method, "params": {"_meta": meta, **params}})
        while True:
            message = self._receive()
            if message.get("id") == self._id and "method" not in message:
                return message.get("result", message.get("error"))
            if "id" in message:
                self._send({"id": message["id"], "result": self._answer(message["params"])})
            else:
                self.told.append(message["params"])

    def _answer(self, question: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(question)
        return self.answers.pop(0)

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self._process.stdin.flush()

    def _receive(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"the server ended with {self._process.wait(10)}"
        return json.loads(line)


@contextmanager
def started(name: str, era: Era = "modern") -> Iterator[Client]:
    """A client of a server, which ends with its input."""
    with subprocess.Popen(
        [sys.executable, str(SERVERS / f"{name}.py")],
        env=ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        try:
            yield Client(process, era)
            assert process.stdin is not None
            process.stdin.close()
            assert process.wait(10) == 0
        finally:
            process.kill()


def accept(**content: Any) -> dict[str, Any]:
    """A form that was filled in."""
    return {"action": "accept", "content": content}


def text_of(result: Any) -> str:
    """All texts of a result."""
    blocks = [*result.get("content", []), *result.get("contents", [])]
    blocks += [message["content"] for message in result.get("messages", [])]
    return "\n".join(block["text"] for block in blocks if "text" in block)
