// Where messages come from. The shapes of the countries are fetched when the
// first map is seen.
import { install as installMap } from "echarts/lib/chart/map/install.js";
import { registerMap } from "echarts/lib/core/echarts.js";
import { drawing, use } from "./chart-core.js";
import { colors, isStill, tip, tipLine, tooltipLook } from "./chart-look.js";

use([installMap]);

// json: {countries: [{code, name, href, level, counts: [n per class]}], classes: [{key, word}], total}
export async function draw(box, json) {
  const answer = await fetch(box.dataset.shapes);
  registerMap("world", await answer.json());
  return drawing(box, json, options, (chart) => {
    chart.on("click", ({ data }) => {
      if (data?.href) location.assign(data.href);
    });
  });
}

function options(data) {
  const color = colors();
  const edge = { borderColor: color("--color-base-100"), borderWidth: 0.5 };
  const none = { areaColor: color("--color-base-300"), ...edge };
  return {
    animation: !isStill(),
    tooltip: { ...tooltipLook(color), formatter: ({ data: d }) => (d ? tooltip(d, data) : "") },
    series: {
      type: "map",
      map: "world",
      left: 0,
      right: 0,
      top: 0,
      bottom: 0,
      // Degrees are wider than high in the middle latitudes where people live.
      aspectScale: 0.8,
      selectedMode: false,
      label: { show: false },
      itemStyle: none,
      emphasis: { label: { show: false }, itemStyle: { areaColor: undefined, borderColor: color("--color-base-content"), borderWidth: 1 } },
      data: data.countries.map((c) => {
        const areaColor = color(`--step-${c.level}`);
        return { ...c, name: c.code, word: c.name, value: 1, itemStyle: { areaColor, ...edge }, emphasis: { itemStyle: { areaColor } }, cursor: c.href ? "pointer" : "default" };
      }),
    },
  };
}

function tooltip(country, { classes, total }) {
  const box = tip(country.word);
  const all = country.counts.reduce((sum, n) => sum + n, 0);
  for (let i = classes.length - 1; i >= 0; i--) {
    if (country.counts[i] > 0) box.append(tipLine(classes[i].word, country.counts[i], all, classes[i].key));
  }
  box.append(tipLine("Share of all", all, total));
  return box;
}
