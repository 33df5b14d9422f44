// Every page works without this file; it makes them quicker and livelier.
import htmx from "htmx.org/dist/htmx.esm.js";
import { upgradeCharts } from "./charts.js";
import { listenCopy } from "./copy.js";
import { listenDialogs } from "./dialogs.js";
import { listenDrawers, upgradeDrawer } from "./drawer.js";
import { listenForms } from "./forms.js";
import { listenFragments } from "./fragments.js";
import { listenMenus } from "./menus.js";
import { listenSearch } from "./search.js";
import { listenTheme } from "./theme.js";

listenFragments(htmx);
listenTheme();
listenDialogs();
listenMenus();
listenForms();
listenCopy();
listenDrawers();
listenSearch();

// Idempotent: each run takes up what a swap brought in.
function upgrade() {
  upgradeCharts();
  upgradeDrawer();
}

upgrade();
document.addEventListener("htmx:after:swap", upgrade);

const uploads = document.querySelector("[data-uploads]");
if (uploads) import("./uploads.js").then(({ takeUploads }) => takeUploads(uploads));
