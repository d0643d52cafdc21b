"""The README shows the example as it is, and its client works."""

import os
import re
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[1]
SNIPPETS = re.findall(
    r"```python\n(.*?)```", (FOLDER / "README.md").read_text(encoding="utf-8"), re.DOTALL
)


def test_the_server_is_the_example() -> None:
    example = (FOLDER / "examples" / "weather.py").read_text(encoding="utf-8")
    assert example.split('"""\n\n', 1)[1] == SNIPPETS[0]


def test_the_client_gets_its_forecast() -> None:
    env = {**os.environ, "PYTHONPATH": str(FOLDER / "src"), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, "-c", SNIPPETS[1]],
        cwd=FOLDER,
        env=env,
        capture_output=True,
        timeout=60,
        check=True,
    )
    tool, forecast = done.stdout.decode().splitlines()
    assert tool.startswith("get_forecast {'")
    assert forecast == "Sunny in Köln."
