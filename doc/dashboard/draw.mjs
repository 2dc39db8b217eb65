// SPDX-License-Identifier: Apache-2.0
// Asks a Prometheus what Grafana asks for a dashboard, and takes a picture of its panels (panels.jsx):
//   node draw.mjs PROMETHEUS DASHBOARD.json SECONDS FILE.png
// PROMETHEUS is its URL; the panels show the last SECONDS. SCRAPE_INTERVAL is that of prometheus.yml, in seconds.

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, extname } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import UPNG from "upng-js";
import { launch } from "../../t/browser/chromium.mjs";

const [prometheus, file, seconds, picture] = process.argv.slice(2);
const scrape = Number(process.env.SCRAPE_INTERVAL ?? 15);
const dashboard = JSON.parse(readFileSync(file, "utf8"));
const [WIDTH, MARGIN] = [1384, 8];
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

// ---- What Grafana asks ----

async function ask(path, parameters) {
  const answer = await (await fetch(`${prometheus}/api/v1/${path}?${new URLSearchParams(parameters)}`)).json();
  if (answer.status !== "success") throw new Error(`${JSON.stringify(parameters)}: ${answer.error}`);
  return answer.data;
}

const end = Math.floor(Date.now() / 1000 / scrape) * scrape;
const start = end - Number(seconds);

// Each variable, with all of its values: label_values(SELECTOR, LABEL).
const variables = {};
for (const { name, type, query } of dashboard.templating.list) {
  if (type !== "query") continue;
  const [, selector, label] = /^label_values\((.*), (\w+)\)$/.exec(query);
  const values = await ask(`label/${label}/values`, { "match[]": filled(selector), start, end });
  variables[name] = `(${values.map((value) => value.replace(/[\\^$.*+?()[\]{}|]/g, "\\\\$&")).join("|")})`;
}

function filled(text) {
  return text.replace(/\$(\w+)/g, (_, name) => {
    if (!(name in variables)) throw new Error(`no variable ${name} in ${text}`);
    return variables[name];
  });
}

// One point a scrape: the panels are wider than the scrapes are many.
Object.assign(variables, { __interval: `${scrape}s`, __rate_interval: `${4 * scrape}s`, __range: `${seconds}s` });

const number = (text) => (text === "NaN" ? null : Number(text));

async function answersOf({ refId, expr, legendFormat }) {
  const { result } = await ask("query_range", { query: filled(expr), start, end, step: scrape });
  return result.map(({ metric, values }) => ({
    refId,
    labels: metric,
    name: legendFormat.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, label) => metric[label] ?? ""),
    interval: scrape * 1000,
    times: values.map(([time]) => time * 1000),
    values: values.map(([, value]) => number(value)),
  }));
}

const panels = [];
for (const panel of dashboard.panels) {
  const answers = (await Promise.all(panel.targets.map(answersOf))).flat();
  if (!answers.some(({ values }) => values.some((value) => value !== null))) throw new Error(`${panel.title}: nothing to draw`);
  panels.push({ panel, answers });
}

// ---- The page ----

const bundle = await build({
  entryPoints: [here("panels.jsx")],
  bundle: true,
  write: false,
  outdir: "out",
  jsx: "automatic",
  define: { "process.env.NODE_ENV": '"production"' },
  loader: { ".ttf": "empty" },
  logLevel: "error",
});
const code = (ending) => bundle.outputFiles.find(({ path }) => path.endsWith(ending)).text;
const page = `<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="/panels.css">
<body style="margin: 0"><div id="dashboard" style="padding: ${MARGIN}px"></div><script src="/panels.js"></script>`;

// What the components load from Grafana: its icons and its font.
const require = createRequire(import.meta.url);
const ui = dirname(require.resolve("@grafana/ui/package.json"));
const inter = dirname(require.resolve("@fontsource/inter/package.json"));
const types = { ".svg": "image/svg+xml", ".woff2": "font/woff2" };

function bodyOf(path) {
  if (path === "/") return { contentType: "text/html", body: page };
  if (path === "/panels.js") return { contentType: "text/javascript", body: code(".js") };
  if (path === "/panels.css") return { contentType: "text/css", body: code(".css") };
  const icon = /^\/public\/build\/(img\/icons\/[\w/-]+\.svg)$/.exec(path);
  const font = /^\/public\/fonts\/inter\/Inter-(Regular|Medium)\.woff2$/.exec(path);
  const from = icon ? `${ui}/dist/public/${icon[1]}` : font ? `${inter}/files/inter-latin-${font[1] === "Medium" ? 500 : 400}-normal.woff2` : undefined;
  if (!from) throw new Error(`the page asks for ${path}`);
  return { contentType: types[extname(from)], body: readFileSync(from) };
}

const browser = await launch();
const wrong = [];
let image;
try {
  const tab = await browser.newPage({ viewport: { width: WIDTH + 2 * MARGIN, height: 1000 }, reducedMotion: "reduce" });
  tab.on("pageerror", (error) => wrong.push(error.message));
  await tab.route("http://dashboard.localhost/**", (route) => {
    try {
      return route.fulfill(bodyOf(new URL(route.request().url()).pathname));
    } catch (error) {
      wrong.push(error.message);
      return route.fulfill({ status: 404, body: "" });
    }
  });
  await tab.goto("http://dashboard.localhost/");
  await tab.evaluate((what) => window.draw(what), { panels, from: start * 1000, to: end * 1000, width: WIDTH });
  const plots = panels.filter(({ panel }) => panel.type === "timeseries").length;
  await tab.waitForFunction((count) => document.querySelectorAll(".u-over").length >= count, plots).catch((error) => wrong.push(error.message));
  await tab.waitForLoadState("networkidle");
  await tab.evaluate(() => document.fonts.ready);
  image = await tab.screenshot({ fullPage: true });
} finally {
  await browser.close();
}
if (wrong.length) throw new Error(wrong.join("\n"));

// ---- The file: 256 colours are enough, and its text says which panels it shows (t/http/prometheus.t) ----

const { width, height, ...pixels } = UPNG.decode(image);
const png = Buffer.from(UPNG.encode(UPNG.toRGBA8({ width, height, ...pixels }), width, height, 256));
const shown = dashboard.panels.map(({ title, type, gridPos: { x, y, w, h } }) => `${type} ${x},${y} ${w}x${h} ${title}`).join("\n");
writeFileSync(picture, withText(png, "Panels", shown));

// A chunk is its length, its type, its bytes, and the check sum of both. The first one (IHDR) ends at byte 33.
function withText(bytes, keyword, text) {
  const chunk = Buffer.from(`0000tEXt${keyword}\0${text}0000`, "latin1");
  chunk.writeUInt32BE(chunk.length - 12, 0);
  chunk.writeInt32BE(UPNG.crc.crc(chunk, 4, chunk.length - 8) | 0, chunk.length - 4);
  return Buffer.concat([bytes.subarray(0, 33), chunk, bytes.subarray(33)]);
}
