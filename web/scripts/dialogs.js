// A link to a confirmation page opens the same question in a dialog of this
// page where there is one: <a href="…/delete" data-dialog="id">.
export function listenDialogs() {
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    if (opener && !event.metaKey && !event.ctrlKey && !event.shiftKey) {
      const dialog = document.getElementById(opener.dataset.dialog);
      if (dialog) {
        event.preventDefault();
        dialog.showModal();
      }
      return;
    }
    const closer = event.target.closest("[data-dialog-close]");
    const dialog = closer?.closest("dialog") ?? (event.target.matches("dialog") ? event.target : null);
    if (!dialog) return;
    if (closer) event.preventDefault();
    dialog.close();
  });
}
