"""The image is built from what the import package links to, and the build may see it."""

import re
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


def copied() -> set[str]:
    """What the Dockerfile copies from the repository."""
    lines = re.findall(r"^COPY (?!--from)(.+)$", (REPOSITORY / "Dockerfile").read_text(), re.MULTILINE)
    return {name for line in lines for name in line.split()[:-1]}


def test_every_package_is_copied() -> None:
    packages = {entry.name for entry in (REPOSITORY / "ridethrough").iterdir() if entry.is_symlink()}

    assert packages | {"ridethrough", "pyproject.toml", "constraints.txt", "LICENSE", "README.md"} == copied()


def test_the_build_sees_all_that_is_copied_and_nothing_else() -> None:
    ignored = (REPOSITORY / ".dockerignore").read_text().split()

    assert ignored[0] == "*"
    assert {line.removeprefix("!") for line in ignored if line.startswith("!")} == copied()
