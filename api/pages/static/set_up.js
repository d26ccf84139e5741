// A file that is dropped or chosen is sent and shown as it was understood; it is kept when a person says so.

for (const zone of document.querySelectorAll(".drop")) {
  const shown = zone.nextElementSibling;
  const input = zone.querySelector("input");
  let file = null;

  const send = async (keep) => {
    shown.setAttribute("aria-busy", "true");
    const address = `${zone.dataset.file}${zone.dataset.file.includes("?") ? "&" : "?"}file=${encodeURIComponent(file.name)}${keep ? "&keep=yes" : ""}`;
    try {
      const answer = await fetch(address, { method: "POST", body: file, headers: { "content-type": "application/octet-stream" } });
      if (answer.status === 401 || (keep && answer.ok)) return location.reload(); // 401: the page asks for another key
      shown.innerHTML = await answer.text();
    } catch {
      shown.textContent = "The server does not answer. Nothing was kept: try again.";
    }
    shown.removeAttribute("aria-busy");
    shown.querySelector("[data-keep]")?.addEventListener("click", () => send(true));
  };
  const take = (files) => { if (files.length) { file = files[0]; send(false); } };

  input.addEventListener("change", () => take(input.files));
  for (const kind of ["dragenter", "dragover"]) zone.addEventListener(kind, (event) => { event.preventDefault(); zone.classList.add("is-over"); });
  for (const kind of ["dragleave", "drop"]) zone.addEventListener(kind, () => zone.classList.remove("is-over"));
  zone.addEventListener("drop", (event) => { event.preventDefault(); take(event.dataTransfer.files); });
}
