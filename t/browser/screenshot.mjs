#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// The picture in the README: the sign-in page, light and dark side by side.
//   node screenshot.mjs [FILE]     (default: doc/sign-in.png)

import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { launch } from "./chromium.mjs";
import { examples } from "./examples.mjs";

const file = process.argv[2] ?? fileURLToPath(new URL("../../doc/sign-in.png", import.meta.url));
const half = { width: 600, height: 640 };
const shown = { width: 450, height: 480 };
const { html } = examples.find(({ name }) => name === "login");

const browser = await launch();

async function picture(colorScheme) {
  const tab = await browser.newPage({ viewport: half, deviceScaleFactor: 2, colorScheme, reducedMotion: "reduce" });
  await tab.setContent(html);
  await tab.evaluate(() => document.activeElement.blur());
  const image = await tab.screenshot();
  await tab.close();
  return `<img src="data:image/png;base64,${image.toString("base64")}" width="${shown.width}" alt="">`;
}

const both = await browser.newPage({ viewport: { width: 2 * shown.width, height: shown.height } });
await both.setContent(`<body style="margin: 0; display: flex">${await picture("light")}${await picture("dark")}</body>`);
mkdirSync(dirname(file), { recursive: true });
await both.screenshot({ path: file });
await browser.close();
