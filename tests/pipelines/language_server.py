"""The real yaml-language-server, which VS Code's YAML extension runs, spoken to over its standard streams."""

import json
import subprocess
from pathlib import Path
from typing import Any, Self

VERSION = "1.25.0"


def install(folder: Path) -> Path:
    """The server's program, installed by npm.

    Raises:
        OSError: npm is not here.
        subprocess.SubprocessError: npm reaches no registry.
    """
    program = folder / "node_modules" / ".bin" / "yaml-language-server"
    command = ["npm", "install", "--no-audit", "--no-fund", "--silent", f"yaml-language-server@{VERSION}"]
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run([*command, "--prefix", str(folder)], check=True, capture_output=True, timeout=60)
    return program


class Server:
    """A running server.

    Args:
        program: to run.
        root: of the workspace.
    """

    def __init__(self, program: Path, root: Path) -> None:
        pipe = subprocess.PIPE
        self.process = subprocess.Popen([str(program), "--stdio"], stdin=pipe, stdout=pipe, cwd=root)
        self.count = 0
        self.request("initialize", {"processId": None, "rootUri": root.as_uri(), "capabilities": {}})
        self.send("initialized", {})
        settings = {"validate": True, "hover": True, "completion": True, "schemaStore": {"enable": False}}
        self.send("workspace/didChangeConfiguration", {"settings": {"yaml": settings}})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def open(self, path: Path, text: str) -> list[dict[str, Any]]:
        """Open a file, and wait for what the editor would underline."""
        document = {"uri": path.as_uri(), "languageId": "yaml", "version": 1, "text": text}
        self.send("textDocument/didOpen", {"textDocument": document})
        while True:
            message = self.receive()
            if (
                message.get("method") == "textDocument/publishDiagnostics"
                and message["params"]["uri"] == path.as_uri()
            ):
                return message["params"]["diagnostics"]

    def at(self, method: str, path: Path, text: str, mark: str) -> Any:
        """Ask about the place right after a mark in the text."""
        before = text[: text.index(mark) + len(mark)]
        position = {"line": before.count("\n"), "character": len(before) - before.rfind("\n") - 1}
        return self.request(method, {"textDocument": {"uri": path.as_uri()}, "position": position})

    def request(self, method: str, params: dict[str, Any]) -> Any:
        self.count += 1
        self.send(method, params, id=self.count)
        while True:
            message = self.receive()
            if message.get("id") == self.count and "method" not in message:
                return message["result"]

    def send(self, method: str, params: dict[str, Any], **more: int) -> None:
        self.write({"jsonrpc": "2.0", "method": method, "params": params, **more})

    def write(self, message: dict[str, Any]) -> None:
        body = json.dumps(message).encode()
        self.process.stdin.write(f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        self.process.stdin.flush()

    def receive(self) -> dict[str, Any]:
        length = 0
        while line := self.process.stdout.readline().strip():
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        message = json.loads(self.process.stdout.read(length))
        if "method" in message and "id" in message:  # it asks, too: nothing is known
            params = message.get("params") or {}
            self.write(
                {"jsonrpc": "2.0", "id": message["id"], "result": [None] * len(params.get("items", []))}
            )
        return message
