// Asks again while a person types, and shows the answer in place; without scripts the button does the same.

const form = document.getElementById("what-if-form");
const answer = document.getElementById("answer");
let timer = 0;
let asked = null;

async function ask() {
  asked?.abort();
  asked = new AbortController();
  const query = new URLSearchParams(new FormData(form));
  answer.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(`${form.dataset.part ?? location.pathname + "/answer"}?${query}`, { signal: asked.signal });
    if (response.status === 401) return location.reload(); // the key is not valid any more: the page asks for another
    answer.innerHTML = await response.text();
    history.replaceState(null, "", `?${query}`);
    answer.removeAttribute("aria-busy");
  } catch (error) {
    if (error.name !== "AbortError") answer.removeAttribute("aria-busy");
  }
}

form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 250); });
form.addEventListener("submit", (event) => { event.preventDefault(); ask(); });
