"""Pictures of every page, from a past that is the same in every run.

PYTHONPATH=$(make -s support) python -m benchmarks.dashboard.pictures [--folder docs/images]

The pages are those of a real server, drawn by the system's chromium: light, dark, on a phone, on a wall and on paper.
Exits with 1 where a picture is larger than 120 kB, or the browser complains of anything.
"""

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from browser import chromium
from dashboard_history import SITE_ID, service_with_history
from PIL import Image
from playwright.sync_api import Browser
from service import service_in_thread

from benchmarks.timing import say, table
from ridethrough.store.database import open_database

MOST_BYTES = 120_000
_SETTLES_MS = 2500
_COLOURS = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One page as one kind of reader sees it; `whole` is the page to its end."""

    name: str
    path: str
    width: int = 1280
    height: int = 800
    dark: bool = False
    on_paper: bool = False
    whole: bool = True


PICTURES = (
    Picture(name="now", path=""),
    Picture(name="now-dark", path="", dark=True),
    Picture(name="now-phone", path="", width=390, height=844),
    Picture(name="now-wall", path="", width=1920, height=1080, dark=True, whole=False),
    Picture(name="plan", path="/plan", height=1500, whole=False),
    Picture(name="plan-dark", path="/plan", dark=True, whole=False),
    Picture(name="plan-phone", path="/plan", width=390, height=844, whole=False),
    Picture(name="plan-print", path="/plan", width=794, height=1123, on_paper=True, whole=False),
    Picture(name="fleet", path="/fleet", height=420, whole=False),
    Picture(name="fleet-phone", path="/fleet", width=390, height=500, whole=False),
    Picture(name="what-if", path="/what-if?ride_through_s=120", height=1100, whole=False),
    Picture(name="what-if-dark", path="/what-if?ride_through_s=120", dark=True, whole=False),
    Picture(name="what-if-phone", path="/what-if", width=390, height=844, whole=False),
    Picture(name="savings", path="/savings", height=520, whole=False),
    Picture(name="tariffs", path="/tariffs", height=900, whole=False),
    Picture(name="tariffs-print", path="/tariffs", width=794, height=1123, on_paper=True, whole=False),
    Picture(name="set-up", path="/set-up", height=900, whole=False),
    Picture(name="log", path="/log?at=2026-07-14T09:20", whole=False),
)
"""A new page has its entries here."""


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--folder", type=Path, default=Path("docs/images"))
    folder: Path = arguments.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data:
        database = open_database(f"sqlite:///{data}/ridethrough.db")
        client, _ = service_with_history(database)
        with service_in_thread(client.app) as running, chromium() as browser:
            address = f"{str(running.base_url).rstrip('/')}/sites/{SITE_ID}"
            complaints = [each for picture in PICTURES for each in taken(browser, address, picture, folder)]
        database.close()
    sizes = {each.name: (folder / f"{each.name}.png").stat().st_size for each in PICTURES}
    table(("picture", "kB"), [(name, f"{size / 1000:.0f}") for name, size in sizes.items()])
    for complaint in complaints:
        say(complaint)
    return 1 if complaints or max(sizes.values()) > MOST_BYTES else 0


def taken(browser: Browser, address: str, picture: Picture, folder: Path) -> list[str]:
    """Take one picture; what the browser complained of."""
    complaints: list[str] = []
    context = browser.new_context(
        viewport={"width": picture.width, "height": picture.height},
        color_scheme="dark" if picture.dark else "light",
        locale="en-GB",
        timezone_id="America/New_York",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.on("console", lambda message: complaints.append(f"{picture.name}: {message.text}"))
    page.on("pageerror", lambda error: complaints.append(f"{picture.name}: {error}"))
    if picture.on_paper:
        page.emulate_media(media="print")
    page.goto(f"{address}{picture.path}")
    page.wait_for_timeout(_SETTLES_MS)
    file = folder / f"{picture.name}.png"
    page.screenshot(path=file, full_page=picture.whole)
    context.close()
    with Image.open(file) as drawn:
        small = drawn.convert("RGB").quantize(_COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        small.save(file, optimize=True)
    return complaints


if __name__ == "__main__":
    sys.exit(main())
