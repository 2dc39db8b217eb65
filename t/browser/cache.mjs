// SPDX-License-Identifier: Apache-2.0
// No page of before from the browser's cache, in real browsers: node cache.mjs PORT TLS_PORT CERTIFICATE LUCIACTL CONFIG
// cache.t starts the server: /private/ is gated, /open/ has LuciaOptional On, and all pages there are old enough for a browser
// to show them for a month without asking; /private/strict.html is no-store.

import { execFileSync } from "node:child_process";
import { launch } from "./chromium.mjs";
import { launchFirefox } from "./firefox.mjs";
import { back, click, go, still } from "./moves.mjs";
import { PASSWORD as password } from "../interop/lib/fixtures.mjs";
import { diag, done, is, ok } from "../interop/lib/tap.mjs";

const [port, tlsPort, certificate, program, config] = process.argv.slice(2);
const hosts = ["www.site.example"];
const [http, https, localhost] = [`http://www.site.example:${port}`, `https://www.site.example:${tlsPort}`, `http://localhost:${port}`];

// Over http there is Vary alone. Pages that the browser keeps in memory are shown by Back without a look into its cache: there it is
// Clear-Site-Data that counts, which browsers heed over https and on localhost.
const browsers = [
  { title: "Chromium", start: () => launch({ hosts }), site: http, keepsPages: false },
  { title: "Chromium that keeps pages", start: () => launch({ hosts, certificate, keepsPages: true }), site: https, keepsPages: true },
  { title: "Firefox", start: () => launchFirefox({ hosts }), site: localhost, keepsPages: true },
];

/** Only a command that reads `input` to its end gets one: it may end before node writes, and then node throws EPIPE. */
function luciactl(command, input) {
  const stdin = input === undefined ? "ignore" : "pipe";
  execFileSync(program, ["--config", config, ...command], { input, stdio: [stdin, "ignore", "inherit"] });
}

/** One browser's walk over one site. */
class Walk {
  constructor(context, tab, origin, { title, keepsPages }) {
    Object.assign(this, { context, tab, origin, keepsPages, title: `${title}, ${origin.replace(/:\d+$/, "")}` });
  }

  open(path) {
    return go(this.tab, this.origin + path);
  }

  /** Ends at the start page. */
  async signIn(username) {
    await this.open("/account/login?next=/");
    await this.tab.fill("#username", username);
    await this.tab.fill("#password", password);
    return click(this.tab, "button");
  }

  async signOut(tab) {
    await go(tab, `${this.origin}/account`);
    return click(tab, "button");
  }

  async link(path) {
    await this.open("/");
    return click(this.tab, `[href="${path}"]`);
  }

  /** The browser shows this page without asking: otherwise nothing else here would show anything. */
  async caches(path, expected) {
    await this.open(path);
    const shown = await this.link(path);
    const size = await this.tab.evaluate(() => performance.getEntriesByType("navigation")[0].transferSize);
    is([shown, size], [expected, 0], `${this.title}: ${path} comes from the cache`);
  }

  /** And Back finds what was left, where pages are kept in memory. */
  async keeps() {
    await this.tab.evaluate(() => (window.isKept = true));
    await this.open("/");
    await back(this.tab);
    const isKept = await this.tab.evaluate(() => window.isKept === true);
    is(isKept, this.keepsPages, `${this.title}: Back ${this.keepsPages ? "finds a page in memory" : "asks the cache"}`);
  }

  /** What is there now at a page of before, which stands `steps` back. */
  async shows(path, steps, expected, when) {
    is(await back(this.tab, steps), expected, `${this.title}: ${when}, Back shows "${expected}"`);
    is(await this.link(path), expected, `${when}, a link does`);
    is(await this.open(path), expected, `${when}, the address does`);
  }
}

async function walk(it) {
  const [old, who, open] = ["/private/old.html", "/private/who.cgi", "/open/who.cgi"];

  await it.caches(open, "Hello, visitor");
  await it.keeps();
  await it.signIn("grace");
  await it.shows(open, 2, "Hello, grace", "after sign-in");

  await it.caches(old, "Members");
  is(await it.signOut(it.tab), "Sign in", "a cached page after sign-out leads to Sign in");
  await it.shows(old, 2, "Sign in", "after sign-out");

  await it.signIn("grace");
  await it.caches(who, "Hello, grace");
  await it.signOut(it.tab);
  await it.signIn("boole");
  await it.shows(who, 4, "Hello, boole", "with somebody else");

  await it.open("/");
  const second = await it.context.newPage();
  is(await it.signOut(second), "Sign in", "signed out in another tab");
  await it.shows(who, 1, "Sign in", "after that");

  await it.signIn("boole");
  is(await it.open(who), "Hello, boole", "signed in again");
  await it.open("/");
  luciactl(["session", "revoke-all", "boole"]);
  is(await it.open("/private/new.html"), "Sign in", "ended by luciactl: the first page that is asked for says so");
  await it.shows(who, 2, "Sign in", "after that");
}

// What is on the screen when the session ends comes into memory later: that is up to the page, over http too.
async function leave(it) {
  await it.signIn("boole");
  is(await it.open("/private/strict.html"), "Members", "a page with no-store");
  is(await click(it.tab, "button"), "Sign in", "a page with no-store has its own button for sign-out");
  is(await back(it.tab), "Sign in", `${it.title}: Back does not show it`);
}

async function visit(browser, kind, site, way) {
  const context = await browser.newContext(still);
  const it = new Walk(context, await context.newPage(), site, kind);
  diag(it.title);
  try {
    await way(it);
  } catch (error) {
    ok(false, `${it.title}: goes through to the end`, error.stack);
  }
  await context.close();
}

for (const name of ["grace", "boole"]) luciactl(["user", "add", name, "--stdin"], `${password}\n`);
for (const kind of browsers) {
  const browser = await kind.start();
  await visit(browser, kind, kind.site, walk);
  await visit(browser, kind, http, leave);
  await browser.close();
}
done();
