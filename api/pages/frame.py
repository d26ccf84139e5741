"""What stands around every page: where it is, who looks, and the way to the other pages."""

from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import quote


class Theme(StrEnum):
    """Which colours a person chose; `auto` are those that the device asks for."""

    AUTO = "auto"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One page of a site: the end of its path, and its name in the navigation."""

    path: str
    name: str


SECTIONS = (
    Section(path="", name="Now"),
    Section(path="plan", name="Plan"),
    Section(path="fleet", name="Fleet"),
    Section(path="explorer", name="Explorer"),
    Section(path="what-if", name="What if"),
    Section(path="savings", name="Savings"),
    Section(path="tariffs", name="Tariffs"),
    Section(path="set-up", name="Set-up"),
    Section(path="log", name="Log"),
)
"""The pages of a site, in the order of the navigation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who looks at a page: `may_operate` also holds and releases, `may_administer` also writes sites."""

    name: str = ""
    may_operate: bool = False
    may_administer: bool = False
    signed_in: bool = False
    theme: Theme = Theme.AUTO


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A page's place: its title, the site that it is about, and which section it is; `here` is its own address."""

    title: str
    viewer: Viewer = field(default_factory=Viewer)
    here: str = "/"
    site_id: str | None = None
    site_name: str | None = None
    timezone: str | None = None
    section: str | None = None
    live: str | None = None

    def address_of(self, section: Section) -> str:
        """Where another page of the same site is."""
        return site_address(self.site_id or "", section.path)


def site_address(site_id: str, path: str = "") -> str:
    """The address of a page of a site."""
    site = f"/sites/{quote(site_id, safe='')}"
    return f"{site}/{path}" if path else site
