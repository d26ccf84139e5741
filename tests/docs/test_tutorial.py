"""The tutorial runs as it stands, and prints what it shows."""

import re
import shlex
from pathlib import Path

import pytest
from documents import run

ROOT = Path(__file__).parents[2]
TUTORIAL = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)
FILE = re.compile(r"^`(my-site/[\w.]+)`[^\n]*:\n\n```\w+\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)


def test_the_tutorial_runs_as_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    (tmp_path / "my-site").mkdir()
    files = FILE.findall(TUTORIAL)
    assert len(files) == 2
    for name, text in files:
        (tmp_path / name).write_text(text, encoding="utf-8")
    printed = ""
    commands = shown = 0
    for language, text in BLOCK.findall(TUTORIAL):
        if language == "sh":
            for line in filter(lambda line: line.startswith("ridethrough "), text.splitlines()):
                ran = run(*shlex.split(line)[1:])
                assert ran.code == 0, (line, ran.err)
                printed = "\n".join(line.rstrip() for line in ran.out.splitlines())
                commands += 1
        elif not language:
            assert text.rstrip("\n") in printed
            shown += 1
    assert (commands, shown) == (6, 6)
