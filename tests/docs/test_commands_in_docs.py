"""The page on commands names every command and every option, and no other."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from ridethrough.api.commands.cli import app

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
OF_TYPER = {"--help", "--install-completion", "--show-completion", "--version"}


def commands(group: Any, path: str = "ridethrough") -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - of typer's own click
    """Every command with the words that call it."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


COMMANDS = dict(commands(typer.main.get_command(app)))


def options() -> set[str]:
    """Every option of every command, without those that typer adds."""
    parameters = [parameter for command in COMMANDS.values() for parameter in command.params]
    return {option for each in parameters for option in each.opts if option.startswith("--")} - OF_TYPER


def test_every_command_is_on_the_page() -> None:
    assert len(COMMANDS) > 8
    assert [called for called in COMMANDS if f"`{called}" not in PAGE] == []


def test_every_option_is_on_the_page() -> None:
    assert [option for option in sorted(options()) if f"`{option}" not in PAGE] == []


def test_the_table_of_options_names_no_option_that_is_not_there() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| `--")]
    named = {option for row in rows for option in re.findall(r"`(--[a-z-]+)", row.split("|")[1])}
    assert len(named) > 20
    assert named - options() == set()
