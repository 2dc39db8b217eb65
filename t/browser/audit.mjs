// SPDX-License-Identifier: Apache-2.0
// What every page must be, whoever drew it: accessible, safe from overflow and easy to touch, in every look.

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { looks } from "./chromium.mjs";
import { is } from "../interop/lib/tap.mjs";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const leastTouchPixels = 44;

/** One check: `name` is what the page shows; leaves the tab in the last of the looks that were seen. */
export async function audit(tab, name, seen = looks) {
  const problems = await structureProblems(tab);
  for (const { name: look, viewport, colorScheme } of seen) {
    await tab.setViewportSize(viewport);
    await tab.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const found = [...(await axeProblems(tab)), ...(await layoutProblems(tab))];
    problems.push(...found.map((problem) => `${look}: ${problem}`));
  }
  is(problems, [], `${name}: accessible, nothing overflows, big enough to touch, in light and dark, on phone and desk`);
}

async function axeProblems(tab) {
  if (!(await tab.evaluate(() => "axe" in window))) await tab.evaluate(axeSource);
  const { violations } = await tab.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`));
}

const layoutProblems = (tab) =>
  tab.evaluate((least) => {
    const problems = [];
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) problems.push(`${scrollWidth} pixels wide in a window of ${clientWidth}`);
    for (const target of document.querySelectorAll("a, button, input:not([type=hidden], [hidden])")) {
      const { height, width } = (target.type === "checkbox" ? target.closest("label") : target).getBoundingClientRect();
      if (Math.min(height, width) < least) problems.push(`${target.outerHTML} is ${width} by ${height} pixels`);
    }
    return problems;
  }, leastTouchPixels);

const structureProblems = (tab) =>
  tab.evaluate(() => {
    const count = (selector) => document.querySelectorAll(selector).length;
    const elsewhere = "[src]:not(.site img, script), link:not([href^='data:']), style:not(head style), [onclick], [onload]";
    const problems = [];
    if (count("h1") !== 1) problems.push(`${count("h1")} h1`);
    if (count("script:not([src='/account/passkey.js'])") !== 0) problems.push("a script");
    if (count(elsewhere) !== 0) problems.push(document.querySelector(elsewhere).outerHTML);
    if (document.title.trim() === "") problems.push("no title");
    return problems;
  });

/** What ties a field, found by its id or name, to its error: whether it is marked invalid, what its descriptions say, which of them are alerts. */
export const errorOf = (tab, name) =>
  tab.evaluate((wanted) => {
    const field = document.getElementById(wanted) ?? document.querySelector(`input[name="${wanted}"]:not([type=hidden])`);
    const described = (field.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean);
    const alerts = described.map((id) => document.getElementById(id)).filter((e) => e?.role === "alert");
    return { invalid: field.getAttribute("aria-invalid") === "true", alerts: alerts.map((e) => e.textContent) };
  }, name);

export const focusedId = (tab) => tab.evaluate(() => document.activeElement?.id ?? "");
