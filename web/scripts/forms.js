// A second press of a submit button sends nothing, and shows that the first works.
export function listenForms() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    event.submitter?.setAttribute("aria-busy", "true");
  });

  // A page that comes back from the browser's cache can be sent again.
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      form.querySelector("[aria-busy]")?.removeAttribute("aria-busy");
    }
  });

  // Pickers marked so apply at once; without a script their button does it.
  document.addEventListener("change", (event) => {
    event.target.closest("form[data-auto-submit]")?.requestSubmit();
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-check-all]")) checkAll(event.target);
  });
}

function checkAll(master) {
  for (const box of master.form.querySelectorAll(`input[name="${master.dataset.checkAll}"]`)) box.checked = master.checked;
}
