"""Files of pages: a browser keeps what is named by its content, and asks again for the rest."""

import gzip
import re

from asking import ask

from ridethrough.api.http.server import create_app
from ridethrough.api.pages.assets import ASSETS, asset_address

MOST_SCRIPT_BYTES = 50_000


def test_a_file_is_kept_for_good_by_the_address_that_names_its_content() -> None:
    app = create_app()
    for name in ASSETS:
        kept = ask(app, "GET", asset_address(name))
        assert "immutable" in kept.headers["cache-control"]
        asked_again = ask(app, "GET", f"/static/{name}", headers={"if-none-match": kept.headers["etag"]})
        assert asked_again.status_code == 304
        assert asked_again.headers["cache-control"] == "no-cache"
        assert asked_again.content == b""


def test_there_are_no_other_files() -> None:
    app = create_app()
    for path in ("/static/nothing.css", "/static/..%2Fassets.py", "/static/%2Fetc%2Fpasswd"):
        assert ask(app, "GET", path).status_code == 404


def test_files_load_nothing_from_elsewhere() -> None:
    for asset in ASSETS.values():
        text = asset.content.decode().replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?:|@import|url\(|//[a-z]+\.", text), asset.name


def test_all_scripts_together_are_below_50_kb_compressed() -> None:
    scripts = b"".join(asset.content for asset in ASSETS.values() if asset.name.endswith(".js"))
    assert len(gzip.compress(scripts)) < MOST_SCRIPT_BYTES
