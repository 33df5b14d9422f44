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
    for (const field of document.querySelectorAll("form[data-tidy] :disabled")) field.disabled = false;
  });

  // Pickers marked so apply at once; without a script their button does it.
  document.addEventListener("change", (event) => {
    event.target.closest("form[data-auto-submit]")?.requestSubmit();
  });

  // What was left empty would only make the address longer.
  document.addEventListener("submit", ({ target }) => {
    if (!target.matches("form[data-tidy]")) return;
    for (const field of target.elements) if (field.name && field.value === "") field.disabled = true;
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-check-all]")) checkAll(event.target);
  });
}

function checkAll(master) {
  for (const box of master.form.querySelectorAll(`input[name="${master.dataset.checkAll}"]`)) box.checked = master.checked;
}
