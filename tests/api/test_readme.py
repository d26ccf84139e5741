"""What the README shows is what the commands print."""

import re
import shlex
from pathlib import Path

import pytest
from documents import run

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


def sample(title: str) -> str:
    """The sample that begins with a title."""
    (block,) = (text for language, text in BLOCKS if not language and text.startswith(title))
    return block


def printed(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(ROOT)
    ran = run(*arguments)
    assert ran.code == 0
    return ran.out.lstrip("\n")


def test_the_plan_is_what_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    (plan,) = re.findall(r"^plan:.*\n.*/ridethrough (plan .*)$", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    assert printed(shlex.split(plan), monkeypatch).startswith(sample("Dallas colocation hall  Wednesday").rstrip("\n"))


@pytest.mark.long
def test_the_study_is_what_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    (command,) = (text for language, text in BLOCKS if language == "sh" and text.startswith("ridethrough study"))
    assert printed(shlex.split(command)[1:], monkeypatch).startswith(sample("Dallas colocation hall  2023-08-01"))
