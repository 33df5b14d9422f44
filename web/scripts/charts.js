// Finds chart boxes, loads the drawing code when one comes near the screen, and
// keeps each drawing in step with its size, the theme, the fonts and the printer.
const kinds = {
  volume: () => import("./volume.js"),
  flow: () => import("./flow.js"),
  map: () => import("./map.js"),
};
const drawn = new Map();
let watching = false;

// Takes up every chart box that has none yet; safe to call at any time.
export function upgradeCharts() {
  showNewest();
  for (const [box, chart] of drawn) if (box.isConnected) chart.update(dataOf(box));
  const boxes = document.querySelectorAll("[data-chart]:not([data-ready])");
  if (boxes.length === 0) return;
  watch();
  const near = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        near.unobserve(target);
        mount(target);
      }
    },
    { rootMargin: "200px" },
  );
  for (const box of boxes) near.observe(box);
}

async function mount(box) {
  if (box.dataset.ready) return;
  box.dataset.ready = "loading";
  const chart = await start(box);
  if (!chart) return;
  box.dataset.ready = "yes";
  drawn.set(box, chart);
  const sizes = new ResizeObserver(() => {
    // A removed box reports size 0 once: the moment to let go of its drawing.
    if (!box.isConnected) {
      sizes.disconnect();
      drawn.delete(box);
      chart.dispose();
    } else if (box.clientWidth > 0) chart.resize();
  });
  sizes.observe(box);
}

// Where the code or the shapes do not come, the table says the same.
async function start(box) {
  try {
    const { draw } = await kinds[box.dataset.chart]();
    return box.isConnected && (await draw(box, dataOf(box)));
  } catch (error) {
    box.dataset.ready = "no";
    box.closest("[data-figure]").querySelector("details").open = true;
    throw error;
  }
}

// On a phone a table of days begins with the oldest, out of the newest's sight.
function showNewest() {
  for (const table of document.querySelectorAll("[data-newest-last]:not([data-ready])")) {
    table.dataset.ready = "yes";
    table.parentElement.scrollLeft = table.parentElement.scrollWidth;
  }
}

function dataOf(box) {
  return document.getElementById(box.dataset.data).textContent;
}

function watch() {
  if (watching) return;
  watching = true;
  const redraw = () => drawn.forEach((chart) => chart.redraw());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  document.fonts.ready.then(redraw);
  addEventListener("beforeprint", () => {
    document.querySelectorAll("[data-chart]:not([data-ready])").forEach(mount);
    drawn.forEach((chart) => chart.resize());
  });
}
