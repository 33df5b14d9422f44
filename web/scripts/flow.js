// Where the messages of each sender go: to a class, and on to what receivers
// did with them.
import { install as installSankey } from "echarts/lib/chart/sankey/install.js";
import { drawing, isWide, use } from "./chart-core.js";
import { colors, font, isStill, tip, tipLine, tooltipLook } from "./chart-look.js";

use([installSankey]);

// json: {nodes: [{id, name, level, n, class, href}], links: [{from, to, n, width, class, href}], total}
// A link's width is at least what can be seen; n is what it stands for.
export function draw(box, json) {
  return drawing(box, json, options, (chart) => {
    chart.on("click", ({ data }) => {
      if (data.href) location.assign(data.href);
    });
  });
}

function options(data, box) {
  const color = colors();
  // A narrow box has no room for the third row of names, nor for names beside the ribbons.
  const wide = isWide(box);
  const levels = wide ? 3 : 2;
  const nodes = data.nodes.filter((n) => n.level < levels);
  const names = new Map(nodes.map((n) => [n.id, n.name]));
  const last = Math.max(...nodes.map((n) => n.level));
  return {
    animation: !isStill(),
    animationDuration: 250,
    tooltip: { ...tooltipLook(color), formatter: ({ data: d, dataType }) => tooltip(d, dataType, data.total, names) },
    series: {
      type: "sankey",
      left: wide ? 184 : 0,
      right: wide ? 88 : 0,
      top: 4,
      bottom: 4,
      nodeWidth: 10,
      nodeGap: 16,
      // The order of the data: classes always stand in the same order.
      layoutIterations: 0,
      draggable: false,
      emphasis: { focus: "adjacency", lineStyle: { opacity: 0.5 } },
      blur: { lineStyle: { opacity: 0.12 }, itemStyle: { opacity: 0.5 }, label: { opacity: 0.6 } },
      data: nodes.map((n) => node(n, labelSide(n.level, last, wide), color)),
      links: data.links.filter((l) => names.has(l.to)).map((l) => ({ ...l, source: l.from, target: l.to, value: l.width, lineStyle: { color: color(`--fill-${l.class}`), opacity: 0.3, curveness: 0.5 } })),
    },
  };
}

// Outside of the ribbons where there is room, else over them.
function labelSide(level, last, wide) {
  if (level === 0) return wide ? "left" : "right";
  return level === last && !wide ? "left" : "right";
}

function node(n, position, color) {
  return {
    ...n,
    name: n.id,
    word: n.name,
    depth: n.level,
    cursor: n.href ? "pointer" : "default",
    itemStyle: { color: n.class ? color(`--fill-${n.class}`) : color("--muted"), borderWidth: 0 },
    label: {
      position,
      color: color("--color-base-content"),
      textBorderColor: color("--color-base-100"),
      textBorderWidth: 2,
      fontFamily: font(),
      fontSize: 12,
      width: 170,
      overflow: "truncate",
      formatter: ({ data }) => data.word,
    },
  };
}

function tooltip(d, dataType, total, names) {
  const box = tip(dataType === "edge" ? `${names.get(d.source)} → ${names.get(d.target)}` : d.word);
  box.append(tipLine("Messages", d.n, total, d.class));
  return box;
}
