"""The guide's page on deployment, started as it stands there: two workers of its server under its unit's command,
behind nginx with its configuration. Ports and the paths of files are the test's. Without nginx it says that it was not
run."""

import json
import os
import re
import secrets
import shlex
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import Any

import pytest

from tests.runtime.web import BOTH, META

NAME = "mcp.example.com"
FOLDER = Path(__file__).parents[1]
PAGE = FOLDER.parents[1] / "docs" / "guide" / "python" / "deployment.md"
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
CAN: dict[str, Any] = {"io.modelcontextprotocol/clientCapabilities": {"elicitation": {}}}


def block(language: str, *replaced: tuple[str, str]) -> str:
    """The first block of the page in a language, with others in the place of some texts that have to be there."""
    found = re.search(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None, language
    text = found[1]
    for old, new in replaced:
        assert old in text, old
        text = text.replace(old, new)
    return text


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def certify(folder: Path) -> None:
    """Makes a certificate of the server's name."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name)
    builder = builder.public_key(key.public_key()).serial_number(1)
    builder = builder.not_valid_before(now - timedelta(hours=1))
    builder = builder.not_valid_after(now + timedelta(hours=1))
    names = x509.SubjectAlternativeName([x509.DNSName(NAME)])
    made = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    (folder / "certificate.pem").write_bytes(made.public_bytes(pem))
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(secret)


def unit(folder: Path) -> str:
    """The page's unit, its program being the test's."""
    command = "/opt/bookings/venv/bin/python /opt/bookings/bookings.py"
    return block("ini", (command, f"{sys.executable} {folder / 'bookings.py'}"))


def command_of(folder: Path, port: int) -> list[str]:
    found = re.search(r"^ExecStart=(.*)$", unit(folder), re.MULTILINE)
    assert found is not None
    return shlex.split(found[1].replace("%i", str(port)))


def configuration(folder: Path, nginx: int, first: int, second: int) -> str:
    site = block(
        "nginx",
        ("listen 443 ssl", f"listen 127.0.0.1:{nginx} ssl"),
        ("127.0.0.1:8081", f"127.0.0.1:{first}"),
        ("127.0.0.1:8082", f"127.0.0.1:{second}"),
        (f"/etc/ssl/certs/{NAME}.pem", str(folder / "certificate.pem")),
        (f"/etc/ssl/private/{NAME}.key", str(folder / "key.pem")),
    )
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"  {kind}_temp_path {folder / kind};\n" for kind in kinds)
    # What surrounds the page's file in /etc/nginx; and a header that tells which worker was asked.
    return (
        f"daemon off;\npid {folder / 'nginx.pid'};\nerror_log stderr warn;\nevents {{}}\nhttp {{\n"
        f"  access_log off;\n  add_header x-worker $upstream_addr always;\n{places}{site}}}\n"
    )


@contextmanager
def started(command: list[str], **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, env={**os.environ, **environment})
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=20)


def until_it_serves(asks: Callable[[], int]) -> None:
    """Waits for a program that was just started."""
    until = time.monotonic() + 20
    while True:
        try:
            if asks() == 200:
                return
        except OSError:
            pass
        assert time.monotonic() < until, "it does not serve"
        time.sleep(0.02)


def healthy(port: int) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status
    finally:
        connection.close()


class Outside:
    """A client that comes through nginx."""

    def __init__(self, port: int, certificate: Path) -> None:
        self._port = port
        self._context = ssl.create_default_context(cafile=str(certificate))
        # It asks this machine; the name is in the certificate.
        self._context.check_hostname = False

    def send(self, method: str, body: Any = None, /, **headers: str) -> HTTPResponse:
        connection = HTTPSConnection("127.0.0.1", self._port, timeout=10, context=self._context)
        said = {"Host": NAME, "Content-Type": "application/json", "Accept": BOTH}
        said |= {name.replace("_", "-"): value for name, value in headers.items()}
        text = None if body is None else json.dumps(body)
        connection.request(method, "/mcp", text, said)
        return connection.getresponse()

    def book(self, **more: Any) -> tuple[Any, str | None]:
        params = {"name": "book", "arguments": {"people": 4}, "_meta": {**META, **CAN}, **more}
        response = self.send(
            "POST",
            {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params},
            MCP_Protocol_Version="2026-07-28",
            Mcp_Method="tools/call",
            Mcp_Name="book",
        )
        return json.loads(response.read())["result"], response.headers["x-worker"]

    def hello(self, **headers: str) -> HTTPResponse:
        params = {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "outside", "version": "1"},
        }
        message = {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params}
        return self.send("POST", message, **headers)


def check(outside: Outside) -> None:
    """Asks as clients do."""
    # What one worker asked is answered by another.
    asked, one = outside.book()
    answer = {"action": "accept", "content": {"window": True}}
    said, other = outside.book(
        requestState=asked["requestState"], inputResponses={"question-1": answer}
    )
    booked = said["structuredContent"]["result"]
    assert (booked, one == other) == ("A table for 4 at the window is booked.", False)
    # A legacy client is led to the worker that has its session.
    opened = outside.hello()
    session = {
        "Mcp_Session_Id": opened.headers["mcp-session-id"],
        "MCP_Protocol_Version": "2025-11-25",
    }
    for _ in range(4):
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
        response = outside.send("POST", message, **session)
        assert response.status == 200
        assert response.headers["x-worker"] == opened.headers["x-worker"]
    # A stream is not held back.
    assert outside.send("GET", **session).read(4) == b"id: "
    # Another name is refused by the server itself.
    refused = outside.hello(Host="elsewhere.example")
    assert refused.status == 403
    assert b"allowed_hosts" in refused.read()


@pytest.mark.skipif(NGINX is None, reason="the guide's deployment was not run, for want of nginx")
def test_the_deployment_of_the_guide(tmp_path: Path) -> None:
    assert NGINX is not None
    nginx, *workers = (free_port() for _ in range(3))
    (tmp_path / "bookings.py").write_text(block("python"), encoding="utf-8")
    (tmp_path / "state-key").write_bytes(secrets.token_bytes(32))
    (tmp_path / "nginx.conf").write_text(configuration(tmp_path, nginx, *workers))
    certify(tmp_path)
    environment = {"CREDENTIALS_DIRECTORY": str(tmp_path), "PYTHONPATH": str(FOLDER / "src")}
    front = [NGINX, "-e", "stderr", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")]
    outside = Outside(nginx, tmp_path / "certificate.pem")
    with (
        started(command_of(tmp_path, workers[0]), **environment) as first,
        started(command_of(tmp_path, workers[1]), **environment) as second,
        started(front),
    ):
        for port in workers:
            until_it_serves(partial(healthy, port))
        until_it_serves(lambda: outside.hello().status)
        check(outside)
        # They end well, as systemd ends them.
        for worker in (first, second):
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(timeout=15) in (0, -signal.SIGTERM)


@pytest.mark.skipif(
    shutil.which("systemd-analyze") is None,
    reason="systemd's look at the guide's unit was not run, for want of systemd",
)
def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    (tmp_path / "bookings.py").touch()
    (tmp_path / "bookings@.service").write_text(unit(tmp_path))
    looked = ["systemd-analyze", "verify", str(tmp_path / "bookings@8081.service")]
    done = subprocess.run(looked, capture_output=True, text=True, timeout=60, check=False)
    # Of other units it may complain, too.
    assert [line for line in done.stderr.splitlines() if "bookings@" in line] == []
