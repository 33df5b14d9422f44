// What the volume chart looks like; colours are read from the page each time,
// so that a change of theme is one redraw.
import { dayShort, short } from "./numbers.js";

export function options(data, formatter) {
  const css = getComputedStyle(document.documentElement);
  const color = (name) => css.getPropertyValue(name).trim();
  const text = { color: color("--muted"), fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 12 };
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  return {
    animation: !still,
    animationDuration: 250,
    textStyle: text,
    aria: { enabled: true, label: { enabled: false }, decal: { show: true, decals: [{ symbol: "none" }] } },
    grid: { left: 4, right: 4, top: 28, bottom: 44, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    tooltip: {
      trigger: "axis",
      axisPointer: { type: "shadow", shadowStyle: { color: color("--color-base-content"), opacity: 0.06 } },
      backgroundColor: color("--color-base-100"),
      borderColor: color("--color-base-300"),
      borderWidth: 1,
      padding: [10, 12],
      textStyle: { color: color("--color-base-content"), fontFamily: text.fontFamily },
      transitionDuration: 0,
      confine: true,
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
    dataZoom: [slider(color, text), { type: "select", show: false }],
    toolbox: { show: true, itemSize: 0, feature: { dataZoom: { yAxisIndex: false } } },
    series: data.classes.map((c, i) => series(data, c, i, color)),
  };
}

function slider(color, text) {
  return {
    type: "slider",
    height: 14,
    bottom: 4,
    brushSelect: false,
    borderColor: "transparent",
    backgroundColor: color("--color-base-200"),
    fillerColor: "rgba(127, 138, 158, 0.16)",
    handleSize: 14,
    handleStyle: { color: color("--color-base-100"), borderColor: color("--muted") },
    moveHandleSize: 0,
    showDetail: false,
    dataBackground: { lineStyle: { color: color("--edge") }, areaStyle: { color: color("--edge"), opacity: 0.25 } },
    selectedDataBackground: { lineStyle: { color: color("--edge") }, areaStyle: { color: color("--edge"), opacity: 0.25 } },
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

// Changes of the policy stand as dashed lines with their words on top.
function marks(data, color) {
  return {
    silent: true,
    symbol: "none",
    animation: false,
    lineStyle: { color: color("--muted"), type: "dashed", width: 1 },
    label: { color: color("--muted"), fontSize: 11, distance: 4, formatter: ({ data }) => data.text },
    data: data.marks.map((m) => ({ xAxis: m.day, text: m.text })),
  };
}
