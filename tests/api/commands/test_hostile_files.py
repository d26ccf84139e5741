"""Whatever a file holds, a command refuses it with a line for each fault, or answers; it never breaks off."""

import json
import random
from pathlib import Path

import pytest
from documents import DAY, run, write_site
from tariff_documents import write_meter, write_tariff

CONTENTS: dict[str, bytes] = {
    "empty": b"",
    "nul": b"\x00" * 64,
    "random": random.Random(7).randbytes(4096),  # noqa: S311 - no secret is drawn
    "utf-16": "start,load_kw\n2026-07-15T00:00Z,1\n".encode("utf-16"),
    "latin-1": "name: Zürich\n".encode("latin-1"),
    "surrogate": b'{"id": "\\ud800", "ups": {"\\ud800": 1}, "name": "\\udfff"}',
    "deep json": b'{"a":' * 50_000,
    "deep list": b"[" * 1_500 + b"]" * 1_500,
    "deep yaml": b"\n".join(b" " * level + b"a:" for level in range(600)),
    "itself": b"a: &a [*a]",
    "bomb": b"a: &a [1,1,1,1,1,1,1,1,1]\n"
    + b"\n".join(b"%c: &%c [%s]" % (98 + n, 98 + n, b",".join([b"*%c" % (97 + n)] * 9)) for n in range(9)),
    "long number": b'{"energy_kwh": ' + b"9" * 6000 + b"}",
    "huge": b'{"energy_kwh": 1e999, "ups": {"pod-1": {"stored_kwh": -1e308}}, "life_years": 1e308}',
    "tag": b"!!python/object/apply:os.system ['true']",
    "quotes": b'start,load_kw\n"2026-07-15T00:00Z,1\n2,3\n',
    "columns": b"start,load_kw,load_kw\n" + b",".join([b"x"] * 5000),
    "xml": b"<feed><entry>&x;</entry></feed>",
    "doctype": b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    "encoding": b'<?xml version="1.0" encoding="utf-7"?><a/>',
}
"""Files that are none of what a command reads, by what is wrong with them."""


def commands(folder: Path, content: bytes) -> dict[str, tuple[object, ...]]:
    """Commands that read a hostile file in one of their places."""
    hostile = {ending: folder / f"hostile{ending}" for ending in (".yaml", ".json", ".csv", ".xml")}
    for path in hostile.values():
        path.write_bytes(content)
    site = write_site(folder)
    tariff, meter = write_tariff(folder), write_meter(folder, f"{DAY}T00:00-04:00", [4000.0] * 24)
    bill = ("bill", tariff, "--timezone", "America/New_York", "--meter")
    study = ("study", site, "--from", DAY, "--to", DAY, "--information", "perfect")
    named = tmp_site(folder)
    return {
        "site": ("plan", hostile[".yaml"], "--date", DAY),
        "check": ("check", hostile[".yaml"]),
        "state": ("plan", site, "--date", DAY, "--state", hostile[".json"]),
        "series": ("reserve", named),
        "plan": ("certify", site, hostile[".json"]),
        "tariff": ("bill", hostile[".yaml"], "--timezone", "UTC", "--meter", meter),
        "rate": ("tariff", "import", hostile[".json"]),
        "meter": (*bill, hostile[".csv"]),
        "feed": (*bill, hostile[".xml"]),
        "events": (*bill, meter, "--events", hostile[".csv"]),
        "event list": (*bill, meter, "--events", hostile[".json"]),
        "project": (*study, "--project", hostile[".yaml"]),
        "checkpoint": (*study, "--checkpoint", hostile[".json"]),
    }


def tmp_site(folder: Path) -> Path:
    """A site whose load stands in the hostile file."""
    inner = folder / "named"
    inner.mkdir(exist_ok=True)
    (inner / "load.csv").write_bytes((folder / "hostile.csv").read_bytes())
    return write_site(inner, {"ups.0.load": {"csv": "load.csv"}})


@pytest.mark.parametrize("kind", CONTENTS)
def test_a_hostile_file_is_refused_in_lines(tmp_path: Path, kind: str) -> None:
    for place, command in commands(tmp_path, CONTENTS[kind]).items():
        done = run(*command)
        named = f"{place}: {done.code}: {done.err[:300]}"
        assert done.code in ({1, 2} if place == "check" else {0, 2}), named
        assert "Traceback" not in done.err, named
        assert not done.code or done.err.startswith("error: ") or place == "check", named
        assert all(character.isprintable() or character == "\n" for character in done.err), named


@pytest.mark.parametrize("command", [("plan",), ("check",), ("reserve",), ("certify", "x")])
def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path, command: tuple[str, ...]) -> None:
    name, *rest = command
    done = run(name, tmp_path, *(tmp_path for _ in rest))
    assert done.code == 2
    assert json.loads(run("check", tmp_path, "--format", "json").out)["verdict"] == "wrong"
