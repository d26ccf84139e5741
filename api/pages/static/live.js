// Keeps a page as it is on the server: parts that change come as server-sent events, and where none comes the page says so.
// A key that is not valid any more is no lost link: the page loads again, and is then the form that asks for a key.

const QUIET_MS = 4000; // the server says something every second or two: silence for longer is a lost link
const RETRY_MS = 2000;
const UNAUTHORIZED = 401;
const address = document.body.dataset.live;
const banner = document.getElementById("link-lost");
const known = new Map();
let source = null;
let asking = false;
let heardAt = performance.now();

function connect() {
  source?.close();
  source = new EventSource(address);
  source.addEventListener("parts", (event) => { heard(); take(JSON.parse(event.data)); });
  source.addEventListener("alive", heard);
  source.addEventListener("reload", () => location.reload());
}

function heard() {
  heardAt = performance.now();
  if (!banner.hidden) {
    banner.hidden = true;
    document.body.classList.remove("is-lost");
  }
  const time = banner.querySelector("[data-last-heard]");
  time.textContent = new Date().toLocaleTimeString();
}

function take(parts) {
  for (const [id, html] of Object.entries(parts)) {
    const part = document.getElementById(id);
    if (part === null || known.get(id) === html) continue;
    const focused = part.contains(document.activeElement) ? document.activeElement : null;
    if (focused?.matches("input, textarea, select")) continue; // someone is typing: the part is sent again when it changes
    known.set(id, html);
    const place = focused === null ? -1 : focusable(part).indexOf(focused);
    const open = [...part.querySelectorAll("details")].map((each) => each.open);
    part.innerHTML = html;
    part.querySelectorAll("details").forEach((each, index) => { each.open = open[index] ?? false; });
    focusable(part)[place]?.focus({ preventScroll: true });
  }
}

function focusable(part) {
  return [...part.querySelectorAll("a, button, summary, [tabindex]")];
}

function watch() {
  if (performance.now() - heardAt < QUIET_MS) return;
  if (banner.hidden) {
    banner.hidden = false;
    document.body.classList.add("is-lost");
  }
  if (source.readyState === EventSource.CLOSED) connectIfAllowed();
}

async function connectIfAllowed() { // an EventSource that was refused does not say with which status
  if (asking) return;
  asking = true;
  const stop = new AbortController();
  try {
    const { status } = await fetch(address, { signal: stop.signal });
    if (status === UNAUTHORIZED) location.reload();
    else connect();
  } catch {
    // the server does not answer: it is asked again
  } finally {
    stop.abort();
    asking = false;
  }
}

connect();
setInterval(watch, RETRY_MS / 2);
addEventListener("pagehide", () => source.close());
addEventListener("pageshow", (event) => { if (event.persisted) connect(); });
