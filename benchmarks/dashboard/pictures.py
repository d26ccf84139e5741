"""Pictures of every page, from a past that is the same in every run.

PYTHONPATH=$(make -s support) python -m benchmarks.dashboard.pictures [--folder docs/images]

The pages are those of a real server, drawn by the system's chromium: light, dark, on a phone, on a wall and on paper.
`--only now,plan` takes those of which the name begins so. Exits with 1 where a picture is larger than 150 kB, all of
them than 4 MB, or the browser complains of anything but the page that is not there.
"""

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from browser import chromium
from dashboard_history import SITE_ID, add_neighbours, service_with_history
from kept_studies import keep_studies
from PIL import Image
from playwright.sync_api import Browser
from service import service_in_thread

from benchmarks.timing import say, table
from ridethrough.store.database import open_database

MOST_BYTES = 150_000
MOST_BYTES_OF_ALL = 4_000_000
MOST_HIGH = 2400
_SETTLES_MS = 1500
_KNOWN = timedelta(days=100)
_COLOURS = 240
_LIFE_DAYS = "2"
_NOT_FOUND = "404 (Not Found)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One page as one kind of reader sees it, from `height` to `MOST_HIGH` pixels high; `beside` those of a site.

    It is of a site with a wear model where it is `worn`.
    """

    name: str
    path: str
    beside: bool = False
    worn: bool = False
    width: int = 1280
    height: int = 800
    dark: bool = False
    on_paper: bool = False
    found: bool = True


PAGES = {
    "now": "",
    "plan": "/plan",
    "what-if": "/what-if?ride_through_s=120",
    "savings": "/savings",
    "study": "/savings/{done}",
    "tariffs": "/tariffs",
    "set-up": "/set-up",
    "explorer": "/explorer?from=2026-07-08&to=2026-07-14",
    "log": "/log?at=2026-07-14T09:20",
}
"""The pages of a site. A new one has its entry here."""
WORN = {"fleet": "/fleet", "life": "/life"}
"""Pages of a site whose batteries have a wear model."""
BESIDE = {"new-site": "/set-up", "change-site": "/sites/{site}/set-up/document", "sign-in": "/sign-in", "sites": "/"}
"""Pages that stand beside those of a site, from the root of the service."""
STATES = (
    Picture(name="now-wall", path="", width=1920, height=1080, dark=True),
    Picture(name="study-running", path="/savings/{running}"),
    Picture(name="study-cancelled", path="/savings/{cancelled}"),
    Picture(name="study-failed", path="/savings/{failed}"),
    Picture(name="no-such-page", path="/plan?plan=plan-99", found=False),
)


def looks_of(name: str, path: str, *, beside: bool = False, worn: bool = False) -> tuple[Picture, ...]:
    """A page in light and dark, on a phone, and on paper."""
    light = Picture(name=name, path=path, beside=beside, worn=worn)
    return (
        light,
        replace(light, name=f"{name}-dark", dark=True),
        replace(light, name=f"{name}-phone", width=390, height=844),
        replace(light, name=f"{name}-print", width=794, height=1123, on_paper=True),
    )


PICTURES = (
    *(each for name, path in PAGES.items() for each in looks_of(name, path)),
    *(each for name, path in WORN.items() for each in looks_of(name, path, worn=True)),
    *(each for name, path in BESIDE.items() for each in looks_of(name, path, beside=True)),
    *STATES,
)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--folder", type=Path, default=Path("docs/images"))
    arguments.add_argument("--only", default="")
    asked = arguments.parse_args()
    folder: Path = asked.folder
    wanted = tuple(asked.only.split(","))
    pictures = [each for each in PICTURES if each.name.startswith(wanted)]
    folder.mkdir(parents=True, exist_ok=True)
    complaints = [each for worn in (False, True) for each in _taken_of(worn, pictures, folder)]
    sizes = {each.name: (folder / f"{each.name}.png").stat().st_size for each in pictures}
    table(("picture", "kB"), [(name, f"{size / 1000:.0f}") for name, size in sizes.items()])
    for complaint in complaints:
        say(complaint)
    too_large = max(sizes.values()) > MOST_BYTES or sum(sizes.values()) > MOST_BYTES_OF_ALL
    return 1 if complaints or too_large else 0


def _taken_of(worn: bool, pictures: Sequence[Picture], folder: Path) -> list[str]:  # noqa: FBT001
    """Take the pictures of the site without or with a wear model; what the browser complained of."""
    wanted = [each for each in pictures if each.worn is worn]
    if not wanted:
        return []
    with tempfile.TemporaryDirectory() as data:
        database = open_database(f"sqlite:///{data}/ridethrough.db")
        client, clock = service_with_history(database, known=_KNOWN, worn=worn)
        ids: Mapping[str, str] = {}
        if worn:
            client.post(f"/sites/{SITE_ID}/life", headers={"origin": "http://ridethrough"}, data={"days": _LIFE_DAYS})
        else:
            add_neighbours(client, clock.now)
            ids = keep_studies(database, SITE_ID, clock.now)
        with service_in_thread(client.app) as running, chromium() as browser:
            root = str(running.base_url).rstrip("/")
            complaints = [each for picture in wanted for each in taken(browser, root, picture, ids, folder)]
        database.close()
    return complaints


def taken(browser: Browser, root: str, picture: Picture, ids: Mapping[str, str], folder: Path) -> list[str]:
    """Take one picture; what the browser complained of. `ids` are those of studies, by their state."""
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
    path = picture.path.format(site=SITE_ID, **ids)
    page.goto(f"{root}{path}" if picture.beside else f"{root}/sites/{SITE_ID}{path}")
    page.wait_for_timeout(_SETTLES_MS)
    file = folder / f"{picture.name}.png"
    high = int(page.evaluate("document.documentElement.scrollHeight"))
    page.set_viewport_size({"width": picture.width, "height": min(max(high, picture.height), MOST_HIGH)})
    page.screenshot(path=file)
    context.close()
    complaints = [each for each in complaints if picture.found or _NOT_FOUND not in each]
    with Image.open(file) as drawn:
        _with_few_colours(drawn.convert("RGB")).save(file, optimize=True)
    return complaints


def _with_few_colours(drawn: Image.Image) -> Image.Image:
    """The picture in the colours that most of it has: pages are flat, so that these stay exact."""
    counted = sorted(drawn.getcolors(drawn.width * drawn.height) or [], reverse=True)
    colours = [part for _, colour in counted[:_COLOURS] for part in colour]
    palette = Image.new("P", (1, 1))
    palette.putpalette(colours + colours[:3] * (256 - len(colours) // 3))
    return drawn.quantize(palette=palette, dither=Image.Dither.NONE)


if __name__ == "__main__":
    sys.exit(main())
