// Makes the picture of stored series one that is zoomed. The library is loaded after the page is painted; at each zoom the
// server is asked for the points of that time, and gives two for a pixel at most, the lowest and the highest.

const place = document.getElementById("zoom");
const state = document.getElementById("zoom-state");
const tools = document.getElementById("zoom-tools");
const whole = [Number(place.dataset.from), Number(place.dataset.to)];
const SHORTEST_MS = 5 * 60_000;
const ASKED_AFTER_MS = 150;
const NARROW_PX = 600;
let shown = whole;
let waits = 0;
let asked = null;

const say = (text) => { state.textContent = text; state.hidden = text === ""; };

function load() {
  const script = document.createElement("script");
  script.src = place.dataset.script;
  script.onload = () => { tools.hidden = false; show(whole); };
  script.onerror = () => say("The part that zooms could not be loaded. The picture and the table below are complete.");
  document.head.append(script);
}

async function show([from, to]) {
  shown = [from, to];
  asked?.abort();
  asked = new AbortController();
  try {
    const address = `${place.dataset.points}?from=${Math.round(from)}&to=${Math.round(to)}`;
    const answer = await fetch(address, { signal: asked.signal });
    if (!answer.ok) throw new Error(answer.statusText);
    const found = await answer.json();
    place.classList.add("is-drawn"); // it has its width before it is drawn in
    await Plotly.react(place, found.series.map((each) => trace(each, found)), layout(found), { displayModeBar: false, responsive: true, showTips: false });
    place.classList.add("is-zoomed");
    place.dataset.shown = `${found.from} ${found.to}`;
    say("");
    if (!place.dataset.listens) { place.dataset.listens = "yes"; place.on("plotly_relayout", moved); place.on("plotly_doubleclick", () => { show(whole); return false; }); }
  } catch (error) {
    if (error.name !== "AbortError") say("The server gave no points. What is shown is what was loaded before.");
  }
}

function trace(each, found) {
  const clock = new Intl.DateTimeFormat("en-GB", { timeZone: found.timezone, dateStyle: "medium", timeStyle: "short" });
  const unit = found.panels[each.panel].unit;
  return {
    type: "scatter", mode: "lines", name: each.name, x: each.times, y: each.values, connectgaps: false,
    customdata: each.times.map((time) => clock.format(time)), hovertemplate: `%{customdata}<br>%{y:,.4~f} ${unit}`,
    line: { color: ink(`tone-${each.tone}`), width: 1.6, shape: each.steps ? "hv" : "linear" },
    xaxis: "x", yaxis: `y${nth(each.panel)}`, legend: `legend${nth(each.panel)}`,
  };
}

function layout(found) {
  const words = ink("words"), rule = ink("rule"), count = found.panels.length;
  const gap = place.clientWidth < NARROW_PX ? 0.16 : 0.05; // a legend has a line for each series where there is no room beside
  const made = {
    autosize: true, height: 60 + 190 * count, margin: { t: 30, r: 16, b: 36, l: 72 }, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: words, family: getComputedStyle(document.body).fontFamily, size: 12 }, dragmode: "zoom", hovermode: "closest",
    hoverlabel: { bgcolor: ink("paper"), font: { color: words } },
    xaxis: { range: [found.from, found.to], tickmode: "array", tickvals: found.ticks.at, ticktext: found.ticks.labels,
      gridcolor: rule, zeroline: false, anchor: `y${count === 1 ? "" : count}` },
  };
  found.panels.forEach((panel, index) => {
    const high = 1 - index / count;
    made[`legend${nth(index)}`] = { orientation: "h", x: 1, xanchor: "right", y: high, yanchor: "bottom", bgcolor: "rgba(0,0,0,0)" };
    made[`yaxis${nth(index)}`] = { domain: [high - 1 / count + (index === count - 1 ? 0 : gap), high],
      title: { text: `${panel.title}, ${panel.unit}` }, gridcolor: rule, zerolinecolor: rule, fixedrange: true, automargin: true, tickformat: ",~r" };
  });
  return made;
}

function nth(panel) {
  return panel === 0 ? "" : panel + 1; // the first axis and legend have no number
}

function moved(change) {
  const from = change["xaxis.range[0]"] ?? change["xaxis.range"]?.[0];
  const to = change["xaxis.range[1]"] ?? change["xaxis.range"]?.[1];
  if (from === undefined || to === undefined) return;
  clearTimeout(waits);
  waits = setTimeout(() => show(within(from, to)), ASKED_AFTER_MS);
}

function within(from, to) {
  const length = Math.min(Math.max(to - from, SHORTEST_MS), whole[1] - whole[0]);
  const start = Math.min(Math.max((from + to - length) / 2, whole[0]), whole[1] - length);
  return [start, start + length];
}

function ink(name) {
  const probe = document.createElement("i");
  probe.className = `zoom-ink ${name}`;
  place.parentElement.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

tools.addEventListener("click", (event) => {
  const [from, to] = shown, length = to - from;
  const ways = { in: [from + length / 4, to - length / 4], out: [from - length / 2, to + length / 2],
    earlier: [from - length / 2, to - length / 2], later: [from + length / 2, to + length / 2], whole };
  const way = ways[event.target.dataset.zoom];
  if (way !== undefined) show(within(...way));
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => show(shown));
requestAnimationFrame(() => setTimeout(load));
