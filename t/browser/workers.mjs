// SPDX-License-Identifier: Apache-2.0
// People and scripts at the gate of a site that has a service worker: node workers.mjs PORT LUCIACTL CONFIG
// workers.t starts the server: a gated /private/note.cgi, and the workers through.js, which passes each request on, and idle.js,
// which has no part in requests; at 127.0.0.1 every page has Referrer-Policy no-referrer, so that forms say Origin: null.

import { execFileSync } from "node:child_process";
import { launch } from "./chromium.mjs";
import { launchFirefox } from "./firefox.mjs";
import { click, go, still, until } from "./moves.mjs";
import { PASSWORD as password } from "../interop/lib/fixtures.mjs";
import { diag, done, is, ok } from "../interop/lib/tap.mjs";

const [port, program, config] = process.argv.slice(2);
const note = "/private/note.cgi";

const luciactl = (...command) => execFileSync(program, ["--config", config, ...command], { stdio: ["ignore", "ignore", "inherit"] });

/** From here on the worker has every page of the site. */
async function install(tab, { worker, origin }) {
  await go(tab, `${origin}/`);
  await tab.evaluate(async (url) => {
    await navigator.serviceWorker.register(url);
    await navigator.serviceWorker.ready;
  }, worker);
  await until(async () => (await go(tab, `${origin}/`)) && tab.evaluate(() => navigator.serviceWorker.controller?.state === "activated"), worker);
}

const ask = (tab, headers) =>
  tab.evaluate(
    async ([url, wanted]) => {
      const response = await fetch(url, { headers: wanted });
      return [response.status, response.redirected, await response.json().catch(() => "no JSON")];
    },
    [note, headers],
  );

const sites = [
  { worker: "through.js", origin: `http://localhost:${port}`, sends: `http://localhost:${port}` },
  { worker: "idle.js", origin: `http://127.0.0.1:${port}`, sends: "null" },
];
const unauthorized = [401, false, { error: "Unauthorized" }];
const at = (tab) => tab.url().slice(new URL(tab.url()).origin.length);

async function fillIn(tab, username) {
  await tab.fill("#username", username);
  await tab.fill("#password", password);
  return click(tab, "button");
}

async function walk(tab, title, site, username) {
  const { worker, origin, sends } = site;

  await install(tab, site);
  is(await ask(tab, {}), unauthorized, `${title}: a script without a session gets 401 in JSON`);
  is(await ask(tab, { Accept: "text/html" }), unauthorized, "a script that wants HTML gets 401 in JSON");
  is(await click(tab, "a"), "Sign in", `${title}: a person who follows a link is led to sign-in`);
  is(at(tab), `/account/login?next=${note}`, "by a redirect that the browser sees");
  is(await go(tab, origin + note), "Sign in", "the gated address leads to sign-in");

  await click(tab, "main a");
  is(await fillIn(tab, username), "GET", `${title}: sign-up leads to the page`);
  is(at(tab), note, "at its own address");
  const [mode, destination] = (await tab.locator("#mode").textContent()).split(", ");
  is(destination, worker === "idle.js" ? "document" : "empty", "the request came through the worker if there is one");
  diag(`Sec-Fetch-Mode was ${mode}`);
  is(await click(tab, "button"), "POST", "its form works");
  is(await tab.locator("#origin").textContent(), sends, `the form sends Origin: ${sends.replace(port, "PORT")}`);
  await go(tab, `${origin}/account`);
  is(await click(tab, "button"), "Sign in", "sign-out leads to sign-in through the worker");
  is(await go(tab, origin + note), "Sign in", `${title}: after it a person is led to sign-in`);
  is(await fillIn(tab, username), "GET", "sign-in leads to the page through the worker");

  luciactl("session", "revoke-all", username);
  is(await click(tab, "button"), "Your session has ended", `${title}: a form that is sent after the end of the session gets a page`);
  is(await go(tab, origin + note), "Sign in", "the gated page leads to sign-in after the session's end");
}

let people = 0;
for (const [browserName, start] of [["Chromium", launch], ["Firefox", launchFirefox]]) {
  const browser = await start();
  for (const site of sites) {
    const title = `${browserName}, ${site.worker}`;
    const context = await browser.newContext(still);
    context.setDefaultTimeout(30_000);
    people += 1;
    try {
      await walk(await context.newPage(), title, site, `person${people}`);
    } catch (error) {
      ok(false, `${title}: goes through to the end`, error.stack);
    }
    await context.close();
  }
  await browser.close();
}
done();
