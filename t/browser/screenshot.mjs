#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// The pictures of the documentation:
//   doc/sign-in.png         the sign-in page, light and dark
//   doc/account-pages.png   the pages of an account
//   doc/second-factors.png  the pages of second factors
//   doc/passkeys.png        the pages with passkeys
//   doc/own-page.png        the sign-in page before and after the changes of doc/templates.md
//   node screenshot.mjs [DIR]     (default: doc)

import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { launch } from "./chromium.mjs";
import { examples } from "./examples.mjs";
import { render, template } from "./template.mjs";

const dir = process.argv[2] ?? fileURLToPath(new URL("../../doc", import.meta.url));
mkdirSync(dir, { recursive: true });

const html = (name) => examples.find((example) => example.name === name).html;
const browser = await launch();

// One page, as an image of half its size.
async function picture(page, { width, height }, colorScheme = "light") {
  const tab = await browser.newPage({ viewport: { width, height }, deviceScaleFactor: 2, colorScheme, reducedMotion: "reduce" });
  await tab.setContent(page);
  await tab.evaluate(() => document.activeElement.blur());
  await tab.evaluate(() => document.querySelectorAll("form[data-passkey]").forEach((form) => (form.hidden = false))); // as passkey.js does
  const needed = await tab.evaluate(() => document.documentElement.scrollHeight);
  if (needed > height) throw new Error(`"${await tab.title()}" needs a height of ${needed}, and would be cut off at ${height}`);
  const image = await tab.screenshot();
  await tab.close();
  return `<img src="data:image/png;base64,${image.toString("base64")}" alt="">`;
}

// Images in rows of some columns, each shown in this size.
async function sheet(file, images, columns, { width, height }) {
  const rows = Math.ceil(images.length / columns);
  const tab = await browser.newPage({ viewport: { width: columns * width, height: rows * height } });
  await tab.setContent(
    `<style>body { margin: 0; display: grid; grid-template-columns: repeat(${columns}, ${width}px) }
     img { display: block; width: ${width}px; height: ${height}px }</style>${images.join("")}`,
  );
  await tab.screenshot({ path: `${dir}/${file}` });
  await tab.close();
}

const half = { width: 600, height: 640 };
await sheet("sign-in.png", [await picture(html("login"), half), await picture(html("login"), half, "dark")], 2, { width: 450, height: 480 });

// ---- The pages of an account ----

const tall = { width: 560, height: 1000 };
const account = ["profile-form", "password", "sessions", "activity", "confirm", "email-unverified", "verify", "username", "delete", "reset"];
const pages = [];
for (const name of account.filter((name) => examples.some((example) => example.name === name))) {
  pages.push(await picture(html(name), tall, pages.length % 2 ? "dark" : "light"));
}
await sheet("account-pages.png", pages, 5, { width: 252, height: 450 });

// ---- Second factors ----

const steps = [html("factors"), html("factors-totp"), html("recovery-codes"), html("factor"), html("factors-app")];
const factors = [];
for (const step of steps) factors.push(await picture(step, { width: 560, height: 1500 }, factors.length % 2 ? "dark" : "light"));
await sheet("second-factors.png", factors, 5, { width: 252, height: 675 });

// ---- Passkeys ----

const keys = [];
for (const name of ["login-passkey", "passkeys-empty", "passkeys-one", "factor-passkey", "confirm-passkey"]) {
  keys.push(await picture(html(name), { width: 560, height: 960 }, keys.length % 2 ? "dark" : "light"));
}
await sheet("passkeys.png", keys, 5, { width: 252, height: 432 });

// ---- A page of one's own, with the changes that doc/templates.md describes ----

const rabbit = "data:image/svg+xml," + encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" fill="#1d6b53"><ellipse cx="11" cy="9" rx="3" ry="8"/><ellipse cx="21" cy="9" rx="3" ry="8"/><circle cx="16" cy="22" r="9"/></svg>',
);
const colours = { accent: "#1d6b53", ink: "#23302b", card: "#fbfdf8", sun: "#9fd3a8" };
const own = Object.entries(colours)
  .reduce((text, [name, value]) => text.replace(new RegExp(`--${name}: [^;]+;`), `--${name}: ${value};`), template("login"))
  .replace("<h1>Sign in</h1>", "<h1>Welcome back</h1>\n    <p>Your library card number is your username.</p>");
const values = { site_name: "Wonderland Library", site_logo: rabbit, home_url: "/", signup_url: "/signup", focus_username: "1" };
const high = { width: 600, height: 760 };
await sheet("own-page.png", [await picture(html("login"), high), await picture(render(own, values), high)], 2, { width: 450, height: 570 });

await browser.close();
