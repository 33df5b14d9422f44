// The drawer stands in the page when the address says so. Here it becomes modal,
// and closing it takes it out of the address.
export function upgradeDrawer() {
  const drawer = document.querySelector("dialog[data-drawer][open]:not(:modal)");
  if (!drawer) return;
  // So that the back button finds this page again after the drawer was closed.
  if (!history.state?.htmx) history.replaceState({ htmx: true }, "");
  drawer.removeAttribute("open"); // close() would tell everybody
  drawer.showModal();
}

export function listenDrawers() {
  // "close" does not bubble.
  document.addEventListener(
    "close",
    ({ target }) => {
      if (!target.matches("[data-drawer]")) return;
      const opener = target.contains(document.activeElement) || document.activeElement === document.body ? openerOf(location) : null;
      history.pushState({ htmx: true }, "", target.dataset.closeHref);
      target.remove();
      opener?.focus();
    },
    { capture: true },
  );
}

// A drawer that came with its page was opened by no link of this page; the one
// that leads to it is where a person goes on.
function openerOf({ href }) {
  return [...document.querySelectorAll("main a[href]")].find((link) => link.href === href) ?? document.querySelector("main");
}
