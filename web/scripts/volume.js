// The stacked columns of messages per reported day.
import { install as installBar } from "echarts/lib/chart/bar/install.js";
import { install as installGrid } from "echarts/lib/component/grid/install.js";
import { install as installMarkLine } from "echarts/lib/component/marker/installMarkLine.js";
import { install as installSlider } from "echarts/lib/component/dataZoom/installDataZoomSlider.js";
import { install as installSelect } from "echarts/lib/component/dataZoom/installDataZoomSelect.js";
import { install as installToolbox } from "echarts/lib/component/toolbox/install.js";
import { drawing, use } from "./chart-core.js";
import { tip, tipLine, tipNote, tipSum } from "./chart-look.js";
import { count, dayLong } from "./numbers.js";
import { options } from "./volume-options.js";

use([installBar, installGrid, installMarkLine, installSlider, installSelect, installToolbox]);

// json: {days: [{day, href, counts: [n per class], open, long}], classes: [{key, word}], marks: [{day, text}]}
// It stands beside the box and changes while an import runs.
export function draw(box, json) {
  const touch = { on: false, day: -1 };
  const zoom = { start: 0, end: 100 }; // outlives a redraw
  return drawing(
    box,
    json,
    (data) => options(data, zoom, (points) => tooltip(data, points[0].dataIndex, touch.on)),
    (chart, data) => {
      listenPointer(box, chart, touch);
      followDays(chart, data, touch);
      listenZoom(box, chart, zoom);
    },
  );
}

function listenPointer(box, chart, touch) {
  // Before ECharts' own listeners, which ask for the tooltip.
  box.addEventListener("pointerdown", ({ pointerType }) => (touch.on = pointerType === "touch"), { capture: true });
  // Only for a mouse: on a touch screen it would swallow the page's scrolling.
  box.addEventListener("pointerenter", ({ pointerType }) => {
    if (pointerType === "mouse") chart.dispatchAction({ type: "takeGlobalCursor", key: "dataZoomSelect", dataZoomSelectActive: true });
  });
}

// A click anywhere in a day's column follows its link. A finger has no hover:
// its first tap shows the numbers, the second one follows.
function followDays(chart, data, touch) {
  chart.getZr().on("click", ({ offsetX, offsetY }) => {
    if (!chart.containPixel("grid", [offsetX, offsetY])) return;
    const day = chart.convertFromPixel({ seriesIndex: 0 }, [offsetX, offsetY])[0];
    const again = touch.day === day;
    touch.day = day;
    const { href } = data().days[day] ?? {};
    if (href && (!touch.on || again)) location.assign(href);
  });
}

function listenZoom(box, chart, zoom) {
  const reset = box.closest("[data-chart-frame]").querySelector("[data-chart-reset]");
  chart.on("datazoom", () => {
    const { start, end } = chart.getOption().dataZoom[0];
    Object.assign(zoom, { start, end });
    reset.hidden = start <= 0 && end >= 100;
  });
  reset.addEventListener("click", () => chart.dispatchAction({ type: "dataZoom", start: 0, end: 100 }));
}

function tooltip(data, index, touched) {
  const day = data.days[index];
  const total = day.counts.reduce((sum, n) => sum + n, 0);
  const box = tip(`${dayLong(day.day)} UTC`);
  for (let i = data.classes.length - 1; i >= 0; i--) box.append(tipLine(data.classes[i].word, day.counts[i], total, data.classes[i].key));
  box.append(tipSum("All messages", total));
  for (const { text } of data.marks.filter((m) => m.day === day.day)) box.append(tipNote(text));
  if (day.open) box.append(tipNote("Reports for this day are still arriving."));
  if (day.long) box.append(tipNote(`With ${count(day.long)} ${day.long === 1 ? "report" : "reports"} over more than two days.`));
  if (touched && day.href) box.append(tipNote("Tap again to see its reports."));
  return box;
}
