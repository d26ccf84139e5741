"""What the page of the three customers shows is what the commands print."""

import re
import shlex
from pathlib import Path

import pytest
from documents import run

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "customers.md").read_text(encoding="utf-8")
BLOCKS = [
    (command.replace("\\\n", " "), shown)
    for command, shown in re.findall(
        r"^```\n\$ (ridethrough (?:[^\n]|(?<=\\)\n)*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL
    )
]
SLOW = ("study", "plan")


def same_start(command: str, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    ran = run(*shlex.split(command)[1:])
    printed = (ran.out or ran.err).lstrip("\n")
    shown = shown.partition("  (0 wrong, ")[0]  # how much is doubtful grows with the age of the figures
    assert printed.startswith(shown.rstrip("\n").lstrip("\n"))


def test_every_customer_is_read_checked_planned_and_studied() -> None:
    commands = [command.split()[1:3] for command, _ in BLOCKS]
    for name in ("frankfurt", "new-york", "tokyo"):
        for verb in ("series", "check", "plan", "study"):
            assert any(each[0] == verb and name in each[1] for each in commands), (name, verb)


@pytest.mark.parametrize(("command", "shown"), [each for each in BLOCKS if each[0].split()[1] not in SLOW])
def test_files_bills_and_checks_are_printed_as_shown(command: str, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    same_start(command, shown, monkeypatch)


@pytest.mark.long
@pytest.mark.parametrize(("command", "shown"), [each for each in BLOCKS if each[0].split()[1] in SLOW])
def test_plans_and_studies_are_printed_as_shown(command: str, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    same_start(command, shown, monkeypatch)
