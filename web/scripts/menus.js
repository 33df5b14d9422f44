// Menus made of <details> close as a person expects: by Escape, by a click
// elsewhere, and when another opens.
export function listenMenus() {
  const open = () => document.querySelectorAll("details.menu-pop[open]");
  document.addEventListener("click", (event) => {
    for (const menu of open()) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of open()) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
}
