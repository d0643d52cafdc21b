"""Where the data lies that all languages share; none of it is part of the package."""

import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[4]
CORPUS = ROOT / "spec" / "fixtures" / "corpus"
EXAMPLES = ROOT.parent / "shared" / "upstream-spec" / "2026-07-28" / "examples"


def files(folder: Path, pattern: str) -> list[Path]:
    """The files of a folder that may be absent: then the test says so and is left out."""
    found = sorted(folder.glob(pattern))
    if not found:
        pytest.skip(f"not run: {folder} is not there", allow_module_level=True)
    return found


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
