// Builds dist/: styles, scripts, fonts and icons under names that carry a hash
// of their content, a manifest from plain name to hashed name, and compressed
// twins. `--dev` skips the compression, which takes most of the time.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import { worldMap } from "./world.mjs";

const dev = process.argv.includes("--dev");
const root = import.meta.dirname;
const dist = join(root, "dist");
const manifest = {};

await emptyDist();
const stylesheet = runTailwind();
await bundle(stylesheet);
await rm(stylesheet);
await emit("icons.svg", await sprite());
await emit("favicon.svg", await readFile(join(root, "favicon.svg")));
await emit("world.geojson", await worldMap());
if (!dev) await compress();
// Last: its presence says that the build is complete.
await writeFile(join(dist, "manifest.json"), JSON.stringify(manifest, null, 1) + "\n");

// The committed .gitignore keeps the folder in the repository for go:embed.
async function emptyDist() {
  await mkdir(dist, { recursive: true });
  for (const name of await readdir(dist)) {
    if (name !== ".gitignore") await rm(join(dist, name), { recursive: true });
  }
}

// Lies in dist/ for a moment, as deep as styles/, so that its font addresses hold.
function runTailwind() {
  const out = join(dist, "style.css");
  const cli = join(root, "node_modules/@tailwindcss/cli/dist/index.mjs");
  execFileSync(process.execPath, [cli, "-i", "styles/app.css", "-o", out, "--minify"], { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
  return out;
}

async function bundle(stylesheet) {
  const { metafile } = await esbuild.build({
    absWorkingDir: root,
    entryPoints: { app: "scripts/app.js", style: stylesheet },
    outdir: dist,
    bundle: true,
    splitting: true,
    format: "esm",
    target: ["chrome120", "firefox121", "safari17"],
    minify: true,
    metafile: true,
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    assetNames: "[name]-[hash]",
    loader: { ".woff2": "file" },
    legalComments: "none",
    logLevel: "warning",
  });
  for (const [file, out] of Object.entries(metafile.outputs)) {
    const source = out.entryPoint ?? Object.keys(out.inputs).find((name) => name === "scripts/chart-core.js" || extname(file) === ".woff2");
    if (source) manifest[basename(source)] = basename(file);
  }
}

async function emit(name, content) {
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 8);
  manifest[name] = name.replace(".", `-${hash}.`);
  await writeFile(join(dist, manifest[name]), content);
}

// One sprite of the icons that templates and Go name: Icon("x"), IconLarge("x"),
// Empty("x", …) or Icon: "x". A name that lucide does not have stops the build.
async function sprite() {
  const names = new Set();
  const files = ["ui", "../internal"].flatMap((dir) => sources(join(root, dir)));
  for (const file of files) {
    for (const [, name] of (await readFile(file, "utf8")).matchAll(/\b(?:Icon\(|IconLarge\(|Empty\(|Icon:\s+)"([a-z0-9-]+)"/g)) names.add(name);
  }
  const symbols = [];
  for (const name of [...names].sort()) {
    const svg = await readFile(join(root, `node_modules/lucide-static/icons/${name}.svg`), "utf8");
    const body = svg.replace(/^[\s\S]*?<svg[^>]*>/, "").replace(/<\/svg>\s*$/, "").replace(/\s+/g, " ").trim();
    symbols.push(`<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">${body}</symbol>`);
  }
  return `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`;
}

function sources(dir) {
  const names = readdirSync(dir, { recursive: true });
  return names.filter((n) => /\.(templ|go)$/.test(n) && !n.endsWith("_templ.go")).map((n) => join(dir, n));
}

async function compress() {
  for (const name of await readdir(dist)) {
    if (![".js", ".geojson", ".css", ".svg"].includes(extname(name))) continue;
    const plain = await readFile(join(dist, name));
    const br = brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length } });
    await writeFile(join(dist, name + ".br"), br);
    await writeFile(join(dist, name + ".gz"), gzipSync(plain, { level: 9 }));
  }
}
