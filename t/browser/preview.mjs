#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Draws every page in every state, light and dark, on a phone and on a desk, without a server:
//   node preview.mjs [FOLDER]     (default: preview/)

import { mkdirSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { launch, looks } from "./chromium.mjs";
import { examples } from "./examples.mjs";

const folder = process.argv[2] ?? "preview";
mkdirSync(folder, { recursive: true });

const browser = await launch();
for (const { name: look, ...settings } of looks) {
  const context = await browser.newContext({ ...settings, reducedMotion: "reduce" });
  const tab = await context.newPage();
  for (const { name, html } of examples) {
    const file = `${folder}/${name}.html`;
    writeFileSync(file, html);
    await tab.goto(pathToFileURL(file).href);
    await tab.screenshot({ path: `${folder}/${name}.${look}.png`, fullPage: true });
  }
  await context.close();
}
await browser.close();
