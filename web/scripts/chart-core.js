// What every drawing needs of ECharts. Each kind adds its own parts before its
// first init: a part that comes later does not reach a drawing that exists.
import { init } from "echarts/lib/core/echarts.js";
import { use } from "echarts/lib/extension.js";
import { install as installTooltip } from "echarts/lib/component/tooltip/install.js";
import { install as installAria } from "echarts/lib/component/aria/install.js";
import { install as installCanvas } from "echarts/lib/renderer/installCanvasRenderer.js";

use([installTooltip, installAria, installCanvas]);

export { init, use };

// One drawing as charts.js handles it. options(data) is asked anew for each
// change of data, colours or size class.
export function drawing(box, json, options, prepare) {
  let shown = json;
  let data = JSON.parse(json);
  const chart = init(box, null, { renderer: "canvas" });
  const draw = () => chart.setOption(options(data, box), { notMerge: true });
  draw();
  prepare?.(chart, () => data);
  let wide = isWide(box);
  return {
    update(json) {
      if (json === shown) return;
      shown = json;
      data = JSON.parse(json);
      draw();
    },
    resize() {
      chart.resize();
      if (wide === isWide(box)) return;
      wide = !wide;
      draw();
    },
    redraw: draw,
    dispose: () => chart.dispose(),
  };
}

// Whether a box has room for more than the phone's drawing.
export function isWide(box) {
  return box.clientWidth >= 640;
}
