// The shapes of the countries for the map, as GeoJSON that ECharts takes: each
// is named by its two letters (ISO 3166-1), in steps of a tenth of a degree.
// What has no letters there is drawn without a name, as land.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import countries from "i18n-iso-countries";
import { feature } from "topojson-client";

// Nobody sends mail from Antarctica, and it would take a fifth of the picture.
const antarctica = "010";

export async function worldMap() {
  const file = createRequire(import.meta.url).resolve("world-atlas/countries-110m.json");
  const topology = JSON.parse(await readFile(file, "utf8"));
  const features = [];
  for (const { id, geometry } of feature(topology, topology.objects.countries).features) {
    if (id === antarctica) continue;
    const name = (id && countries.numericToAlpha2(id)) ?? "";
    features.push({ type: "Feature", properties: { name }, geometry: { ...geometry, coordinates: geometry.coordinates.map((part) => rings(geometry.type, part)) } });
  }
  return JSON.stringify({ type: "FeatureCollection", features });
}

function rings(type, part) {
  return type === "Polygon" ? unwrap(part) : part.map(unwrap);
}

// A ring that crosses the date line goes on beyond 180°, else it would draw a
// bar across the whole map.
function unwrap(ring) {
  const jumps = ring.some(([x], i) => i > 0 && Math.abs(x - ring[i - 1][0]) > 180);
  const points = ring.map(([x, y]) => [round(jumps && x < 0 ? x + 360 : x), round(y)]);
  return points.filter(([x, y], i) => i === 0 || x !== points[i - 1][0] || y !== points[i - 1][1]);
}

function round(degrees) {
  return Math.round(degrees * 10) / 10;
}
