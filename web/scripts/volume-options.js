// What the volume chart looks like.
import { colors, font, isStill, tooltipLook } from "./chart-look.js";
import { dayShort, short } from "./numbers.js";

export function options(data, zoom, formatter) {
  const color = colors();
  const text = { color: color("--muted"), fontFamily: font(), fontSize: 12 };
  return {
    animation: !isStill(),
    animationDuration: 250,
    textStyle: text,
    aria: { enabled: true, label: { enabled: false }, decal: { show: true, decals: [{ symbol: "none" }] } },
    grid: { left: 4, right: 4, top: 36, bottom: 48, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    tooltip: {
      ...tooltipLook(color),
      trigger: "axis",
      axisPointer: { type: "shadow", shadowStyle: { color: color("--color-base-content"), opacity: 0.06 } },
      formatter,
    },
    xAxis: {
      type: "category",
      data: data.days.map((d) => d.day),
      axisLine: { lineStyle: { color: color("--color-base-300") } },
      axisTick: { show: false },
      axisLabel: { ...text, formatter: dayShort, hideOverlap: true },
    },
    yAxis: {
      type: "value",
      min: 0,
      minInterval: 1,
      splitNumber: 4,
      axisLabel: { ...text, formatter: short },
      splitLine: { lineStyle: { color: color("--color-base-300") } },
    },
    dataZoom: [{ ...slider(color, text), ...zoom }, { type: "select", show: false, ...zoom }],
    toolbox: { show: true, itemSize: 0, feature: { dataZoom: { yAxisIndex: false } } },
    series: data.classes.map((c, i) => series(data, c, i, color)),
  };
}

function slider(color, text) {
  const shadow = { lineStyle: { color: color("--edge") }, areaStyle: { color: color("--edge"), opacity: 0.25 } };
  return {
    type: "slider",
    height: 16,
    bottom: 4,
    brushSelect: false,
    borderColor: "transparent",
    backgroundColor: color("--color-base-200"),
    fillerColor: "rgba(127, 138, 158, 0.16)",
    handleSize: 24,
    handleStyle: { color: color("--color-base-100"), borderColor: color("--muted") },
    moveHandleSize: 0,
    showDetail: false,
    dataBackground: shadow,
    selectedDataBackground: shadow,
    textStyle: text,
  };
}

function series(data, { key, word }, i, color) {
  const hatch = { symbol: "rect", symbolSize: 1, color: color("--color-base-100"), dashArrayX: [1, 0], dashArrayY: [2, 4], rotation: -Math.PI / 4 };
  const lines = { ...hatch, rotation: 0 };
  return {
    name: word,
    type: "bar",
    stack: "volume",
    barMaxWidth: 36,
    barCategoryGap: "28%",
    cursor: "pointer",
    emphasis: { disabled: true },
    // Many days make thin columns, of which a border would leave nothing.
    itemStyle: { color: color(`--fill-${key}`), borderColor: color("--color-base-100"), borderWidth: data.days.length > 45 ? 0 : 0.5 },
    data: data.days.map((d) => ({ value: d.counts[i], itemStyle: d.open || d.long ? { decal: d.open ? hatch : lines } : undefined })),
    markLine: i === 0 ? marks(data, color) : undefined,
  };
}

// Changes stand as dashed lines with their words on top, in two rows where
// they would run into each other. Several of one day share a line.
function marks(data, color) {
  const lines = [];
  let row = 0;
  data.days.forEach(({ day }, at) => {
    const words = data.marks.filter((m) => m.day === day).map((m) => m.text);
    if (words.length === 0) return;
    const near = lines.length > 0 && at - lines.at(-1).at < data.days.length / 8;
    row = near ? 1 - row : 0;
    lines.push({ at, xAxis: day, text: words.join(", "), label: { distance: 4 + 14 * row } });
  });
  return {
    silent: true,
    symbol: "none",
    animation: false,
    lineStyle: { color: color("--muted"), type: "dashed", width: 1 },
    label: { color: color("--muted"), fontSize: 11, formatter: ({ data }) => data.text },
    data: lines,
  };
}
