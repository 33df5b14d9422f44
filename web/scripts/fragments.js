// Parts of a page that ask the server for themselves anew.
export function listenFragments(htmx) {
  htmx.config.defaultTimeout = 30000;
  // An error page must not take the place of a part: the part stays and asks again.
  htmx.config.noSwap = [204, 304, "4xx", "5xx"];
  // What the person has opened stays open while the part around it changes.
  htmx.config.morphIgnore = ["data-htmx-powered", "open"];

  // A redirect means that the answer is another page, most often sign-in.
  document.addEventListener("htmx:before:response", (event) => {
    if (!event.detail.ctx.response.raw.redirected) return;
    event.preventDefault();
    location.reload();
  });
}
