// The search palette: Ctrl-K or a link opens it, the arrows go through what was
// found. The links themselves hold the focus, so Enter needs no code.
export function listenSearch() {
  document.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || !event.target.closest("[data-search-open]")) return;
    if (open()) event.preventDefault();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) {
      if (open()) event.preventDefault();
    } else move(event);
  });
}

// Says whether this page has a palette.
function open() {
  const palette = document.querySelector("dialog[data-search]");
  if (!palette) return false;
  if (!palette.open) palette.showModal();
  palette.querySelector("input").select();
  return true;
}

function move(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const palette = document.querySelector("dialog[data-search][open]");
  if (!step || !palette) return;
  const stops = [palette.querySelector("input"), ...palette.querySelectorAll("[data-hit]")];
  const at = stops.indexOf(document.activeElement);
  event.preventDefault();
  stops[Math.min(Math.max(at + step, 0), stops.length - 1)].focus();
}
