"""A browser on this machine that notes what goes wrong on a page: errors in its console, and requests to elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright
from programs_needed import needs

CHROMIUM, NEEDS_CHROMIUM = needs("chromium", "chromium-browser", "google-chrome")
PATIENCE_MS = 60_000


@dataclass(kw_only=True)
class Watched:
    """A page, and what went wrong on it."""

    page: Page
    address: str
    wrong: list[str] = field(default_factory=list)

    def see(self, path: str) -> Page:
        """Go to a page of the service."""
        self.page.goto(f"{self.address}{path}")
        return self.page

    def note_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.wrong.append(f"{message.type}: {message.text}")

    def note_request(self, request: Request) -> None:
        if not request.url.startswith((f"{self.address}/", "data:")):
            self.wrong.append(f"asks {request.url}")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser, without a window."""
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def watched(browser: Browser, address: str, *, dark: bool = False, width: int = 1440) -> Iterator[Watched]:
    """Open a page in a fresh profile."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light", locale="en-GB"
    )
    context.set_default_timeout(PATIENCE_MS)
    seen = Watched(page=context.new_page(), address=address.rstrip("/"))
    seen.page.on("console", seen.note_console)
    seen.page.on("pageerror", lambda error: seen.wrong.append(str(error)))
    seen.page.on("request", seen.note_request)
    try:
        yield seen
    finally:
        context.close()
