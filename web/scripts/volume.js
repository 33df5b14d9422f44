// The stacked columns of messages per reported day.
import { init } from "echarts/lib/core/echarts.js";
import { use } from "echarts/lib/extension.js";
import { install as installBar } from "echarts/lib/chart/bar/install.js";
import { install as installGrid } from "echarts/lib/component/grid/install.js";
import { install as installTooltip } from "echarts/lib/component/tooltip/install.js";
import { install as installMarkLine } from "echarts/lib/component/marker/installMarkLine.js";
import { install as installSlider } from "echarts/lib/component/dataZoom/installDataZoomSlider.js";
import { install as installSelect } from "echarts/lib/component/dataZoom/installDataZoomSelect.js";
import { install as installToolbox } from "echarts/lib/component/toolbox/install.js";
import { install as installAria } from "echarts/lib/component/aria/install.js";
import { install as installCanvas } from "echarts/lib/renderer/installCanvasRenderer.js";
import { count, dayLong, percent } from "./numbers.js";
import { options } from "./volume-options.js";

use([installBar, installGrid, installTooltip, installMarkLine, installSlider, installSelect, installToolbox, installAria, installCanvas]);

// json: {days: [{day, href, counts: [n per class], open, long}], classes: [{key, word}], marks: [{day, text}]}
// It stands beside the box and changes while an import runs.
export function drawVolume(box, json) {
  let shown = json;
  let data = JSON.parse(json);
  const chart = init(box, null, { renderer: "canvas" });
  const reset = box.closest("[data-chart-frame]").querySelector("[data-chart-reset]");
  const draw = () => chart.setOption(options(data, (points) => tooltip(data, points)), { notMerge: true });
  draw();

  const pointerKind = (event) => {
    if (event.pointerType === "mouse") selectByDragging(chart);
  };
  box.addEventListener("pointerenter", pointerKind);
  chart.on("click", ({ dataIndex, componentType }) => {
    if (componentType === "series" && data.days[dataIndex].href) location.assign(data.days[dataIndex].href);
  });
  chart.on("datazoom", () => {
    const { start, end } = chart.getOption().dataZoom[0];
    if (reset) reset.hidden = start <= 0 && end >= 100;
  });
  reset?.addEventListener("click", () => chart.dispatchAction({ type: "dataZoom", start: 0, end: 100 }));

  return {
    update(json) {
      if (json === shown) return;
      shown = json;
      data = JSON.parse(json);
      draw();
    },
    resize: () => chart.resize(),
    redraw: draw,
    dispose: () => chart.dispose(),
  };
}

// Only for a mouse: on a touch screen it would swallow the page's scrolling.
function selectByDragging(chart) {
  chart.dispatchAction({ type: "takeGlobalCursor", key: "dataZoomSelect", dataZoomSelectActive: true });
}

// A node rather than HTML text, which would carry style attributes.
function tooltip(data, points) {
  const day = data.days[points[0].dataIndex];
  const total = day.counts.reduce((sum, n) => sum + n, 0);
  const box = element("div", "min-w-52 text-[13px] leading-5");
  box.append(element("div", "mb-1 font-semibold", `${dayLong(day.day)} UTC`));
  for (let i = data.classes.length - 1; i >= 0; i--) {
    const row = element("div", "flex items-center gap-2 tabular-nums");
    const share = total === 0 ? "–" : percent(day.counts[i], total);
    row.append(
      element("span", `size-2.5 rounded-xs ${swatches[data.classes[i].key]}`),
      element("span", "grow", data.classes[i].word),
      element("span", "pl-4", count(day.counts[i])),
      element("span", "w-16 text-right text-muted", share),
    );
    box.append(row);
  }
  const sum = element("div", "mt-1 flex gap-2 border-t border-base-300 pt-1 tabular-nums");
  sum.append(element("span", "grow", "All messages"), element("span", "font-semibold", count(total)), element("span", "w-16"));
  box.append(sum);
  if (day.open) box.append(element("div", "mt-1 max-w-56 whitespace-normal text-muted", "Reports for this day are still arriving."));
  if (day.long) box.append(element("div", "mt-1 max-w-56 whitespace-normal text-muted", `With ${count(day.long)} ${day.long === 1 ? "report" : "reports"} over more than two days.`));
  return box;
}

const swatches = {
  passing: "bg-fill-passing",
  forwarded: "bg-fill-forwarded",
  fix: "bg-fill-fix",
  unknown: "bg-fill-unknown",
};

function element(name, className, text) {
  const node = document.createElement(name);
  node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

