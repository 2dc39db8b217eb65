// SPDX-License-Identifier: Apache-2.0
// The pages of an account with the keyboard alone, in browsers that run no script, in every language (of Chromium); and filled in as
// password managers do it: node account.mjs PORT LUCIACTL CONFIG MAILS
// account.t starts the server, with LuciaMount /account, where everything is on; /stale.cgi ends the time of LuciaFreshness, and
// MAILS is the folder of a mail server.

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, unlinkSync } from "node:fs";
import { audit, errorOf } from "./audit.mjs";
import { launch, looks } from "./chromium.mjs";
import { launchFirefox } from "./firefox.mjs";
import { arrive, until } from "./moves.mjs";
import { languages } from "./template.mjs";
import { PASSWORD as password, WRONG } from "../interop/lib/fixtures.mjs";
import { diag, done, is, ok } from "../interop/lib/tap.mjs";

const [port, program, config, mails] = process.argv.slice(2);
const origin = `http://localhost:${port}`;
const account = `${origin}/account`;
const newPassword = "battery staple";
const devices = ["Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "curl/8.5.0", "curl/8.6.0"];

const reset = (username) =>
  execFileSync(program, ["--config", config, "user", "reset", username, "--url", `${account}/reset`], { encoding: "utf8" }).match(/http\S+/)[0];

const invite = () =>
  execFileSync(program, ["--config", config, "invite", "add", "--url", `${origin}/invited`], { encoding: "utf8" }).match(/http\S+/)[0];

/** The link of the next mail to an address, at this server. */
async function linkTo(address, site = origin) {
  let link;
  await until(() => {
    for (const file of readdirSync(mails).filter((name) => name.endsWith(".json"))) {
      const { to, data } = JSON.parse(readFileSync(`${mails}/${file}`, "utf8"));
      if (to[0] !== address) continue;
      unlinkSync(`${mails}/${file}`);
      link = data.replace(/=\r\n/g, "").replace(/=3D/g, "=").match(/https:\/\/www\.example\.org(\/\S+)/)[1];
    }
    return link;
  }, `a mail to ${address}`);
  return site + link;
}

const approve = (username) => execFileSync(program, ["--config", config, "user", "approve", username]);

/** Another device of the user. */
const signInElsewhere = (username, agent) =>
  fetch(`${account}/login`, {
    method: "POST",
    redirect: "manual",
    headers: { "User-Agent": agent, "Content-Type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ username, password }),
  });

const forgetProof = () => fetch(`${origin}/stale.cgi`);

/** What the page of a walk has; everything here runs in a page without timers. */
class Keyboard {
  constructor(tab, title) {
    Object.assign(this, { tab, title });
    this.pages = [];
  }

  at() {
    return this.tab.url().slice(origin.length);
  }

  async press(...keys) {
    for (const key of keys) await this.tab.keyboard.press(key);
  }

  /** Into what has the focus, once a page that sets it has done so. */
  async type(text) {
    await this.start();
    await this.tab.keyboard.type(text);
  }

  /** As typed into the address bar. */
  open(path) {
    return this.tab.goto(origin + path);
  }

  /** The name of what has the focus: of a field, or of what a link leads to. */
  focused() {
    return this.tab.evaluate(() => {
      const { tagName, name, type, pathname } = document.activeElement;
      return tagName === "A" ? pathname : tagName === "BUTTON" ? name || type : tagName === "BODY" ? null : name;
    });
  }

  /** What has the focus when the page has begun. */
  async start() {
    await until(async () => (await this.focused()) !== null, `focus on ${this.at()}`);
    return this.focused();
  }

  /** From the top of the page, where a Tab leads to its first element. */
  top() {
    return this.tab.evaluate(() => {
      const top = document.createElement("i");
      top.tabIndex = -1;
      document.body.prepend(top);
      top.focus();
      top.remove();
    });
  }

  /** Goes on with Tab until it is there. */
  async to(name) {
    await this.top();
    for (let i = 0; i < 20; i += 1) {
      await this.press("Tab");
      if ((await this.focused()) === name) return;
    }
    throw new Error(`${this.at()}: Tab does not reach ${name}`);
  }

  /** Leaves the page with the key that the focused element takes, and keeps the new page for the audit. */
  async leave(key, what) {
    await arrive(this.tab, () => this.press(key));
    await this.keep(what);
  }

  async keep(what) {
    this.pages.push({ what, html: await this.tab.content() });
  }

  /** What Tab stops at, from the top of the page to its end; each stop has to be seen, and to be seen as focused. */
  async stops() {
    const count = await this.tab.evaluate(() => document.querySelectorAll("a, button, input:not([type=hidden], [hidden]), [tabindex]").length);
    const stops = [];
    await this.top();
    while (stops.length < count) {
      await this.press("Tab");
      const isSeen = await this.tab.evaluate(() => {
        const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
        const { top, bottom, width, height } = document.activeElement.getBoundingClientRect();
        return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 && width > 0 && height > 0 && top >= 0 && bottom <= window.innerHeight;
      });
      stops.push(`${await this.focused()}${isSeen ? "" : " (not seen)"}`);
    }
    return stops;
  }

  value(name) {
    return this.tab.evaluate((field) => document.querySelector(`[name=${field}]:not([type=hidden])`).value, name);
  }

  /** The page again, with an error at a field, which has the focus. */
  async isWrong(field, values, what) {
    await this.keep(what);
    is(await this.start(), field, `${this.title}, ${what}: the focus is on the field with the error`);
    const { invalid, alerts } = await errorOf(this.tab, field);
    ok(invalid && alerts.length === 1 && alerts[0] !== "", `${this.title}, ${what}: the error is tied to its field`);
    const title = await this.tab.title();
    const heading = await this.tab.locator("h1").textContent();
    ok(title !== heading && title.endsWith(heading), `${this.title}, ${what}: the title says that there is an error`, title);
    const got = {};
    for (const name of Object.keys(values)) got[name] = await this.value(name);
    is(got, values, `${this.title}, ${what}: what was typed is kept, but no password`);
  }
}

// ---- The walk through every page ----

async function signUp(keys, username) {
  await keys.open("/account/signup");
  await keys.type(username);
  await keys.press("Tab");
  await keys.type(password);
  await keys.leave("Enter", "profile");
}

async function changePassword(keys, username) {
  is(await keys.stops(), ["city", "display_name", "submit", "/account/password", "/account/email", "/account/factors", "/account/sessions", "/account/activity", "/account/username", "/account/delete", "submit"], `${keys.title}, profile: Tab order`);
  await keys.to("/account/password");
  await keys.leave("Enter", "password");
  is(await keys.start(), "current", `${keys.title}, password: the focus starts in the first field`);
  is(await keys.stops(), ["current", "password", "end_sessions", "submit", "/account"], `${keys.title}, password: Tab order`);
  await keys.to("current");
  await keys.type(WRONG);
  await keys.press("Tab");
  await keys.type(newPassword);
  await keys.press("Tab", "Space", "Tab");
  await arrive(keys.tab, () => keys.press("Space"));
  await keys.isWrong("current", { current: "", password: "" }, "password, the current one wrong");
  is(await keys.tab.locator("[name=end_sessions]").isChecked(), false, `${keys.title}, password: the box stays as it was set with Space`);
  await keys.type(password);
  await keys.press("Tab");
  await keys.type(username);
  await arrive(keys.tab, () => keys.press("Enter"));
  await keys.isWrong("password", { current: "", password: "" }, "password, the new one like the username");
  await keys.type(newPassword);
  await keys.press("Shift+Tab");
  await keys.type(password);
  await keys.leave("Enter", "profile");
  is(keys.at(), "/account", `${keys.title}, password: a change leads to the profile`);
}

async function endSessions(keys, username) {
  for (const agent of devices) await signInElsewhere(username, agent);
  await keys.open("/account");
  await keys.to("/account/sessions");
  await keys.leave("Enter", "sessions");
  is(await keys.stops(), ["session", "session", "session", "others", "/account"], `${keys.title}, sessions: Tab order`);
  await keys.to("session");
  await keys.leave("Space", "sessions");
  is(await keys.stops(), ["session", "session", "others", "/account"], `${keys.title}, sessions: Space ends one`);
  await forgetProof();
  await keys.to("others");
  await keys.leave("Enter", "confirm");
  is(keys.at().split("?")[0], "/account/confirm", `${keys.title}, sessions: to end them needs a confirmation after a while`);
  await keys.type(password);
  await keys.leave("Enter", "sessions");
  await keys.to("others");
  await keys.leave("Enter", "sessions, this device alone");
  is(await keys.stops(), ["/account"], `${keys.title}, sessions: Enter ends all others`);
  await keys.to("/account");
  await keys.leave("Enter", "profile");
}

async function lookAtActivity(keys) {
  await keys.to("/account/activity");
  await keys.leave("Enter", "activity");
  is(await keys.stops(), ["/account/password", "/account"], `${keys.title}, activity: Tab order`);
  await keys.to("/account");
  await keys.leave("Enter", "profile");
}

/** What an app shows for a secret that was typed into it, some steps of 30 seconds away from now. */
const shown = (secret, away = 0) =>
  execFileSync("oathtool", ["--totp", "--base32", "--now", `@${Math.floor(Date.now() / 1000) + 30 * away}`, secret], { encoding: "utf8" }).trim();

const secretOf = (tab) => tab.locator("#secret").textContent();
const codeOf = async (keys, away) => shown(await secretOf(keys.tab), away);

async function setUpApp(keys) {
  await keys.to("/account/factors");
  await keys.leave("Enter", "factors");
  is(await keys.stops(), ["/account/factors/totp", "/account/factors/app", "/account/sessions", "/account"], `${keys.title}, factors: Tab order`);
  await keys.to("/account/factors/totp");
  await keys.leave("Enter", "factors, an app");
  is((await keys.stops()).slice(1), ["code", "end_sessions", "submit", "/account/factors"], `${keys.title}, factors, an app: Tab order after the link that opens it`);
  ok((await keys.tab.locator("svg.qr").boundingBox()).width > 150, `${keys.title}, factors, an app: the picture is seen`);
  const used = await codeOf(keys, -10);
  await keys.to("code");
  await keys.type(used);
  await keys.press("Tab", "Space");
  await arrive(keys.tab, () => keys.press("Enter"));
  await keys.isWrong("code", { code: "" }, "factors, an app with a wrong code");
  is(await keys.tab.locator("[name=end_sessions]").isChecked(), true, `${keys.title}, factors, an app: the box stays ticked`);
  await keys.type(await codeOf(keys));
  await keys.leave("Enter", "recovery codes");
  is(await keys.tab.locator("li code").count(), 10, `${keys.title}, recovery codes: there are ten`);
  is(await keys.stops(), ["/account/factors", "/account/sessions"], `${keys.title}, recovery codes: Tab order`);
  await keys.to("/account/factors");
  await keys.leave("Enter", "factors with an app");
  is(await keys.stops(), ["end_sessions", "remove", "recovery_codes", "/account/factors/app", "/account/sessions", "/account"], `${keys.title}, factors with an app: Tab order`);
  await keys.to("recovery_codes");
  await keys.leave("Space", "recovery codes");
  await keys.to("/account/factors");
  await keys.leave("Enter", "factors with an app");
  await keys.to("remove");
  await keys.leave("Space", "factors");
  is((await keys.stops())[0], "/account/factors/totp", `${keys.title}, factors: Space removes the app`);
  await keys.to("/account");
  await keys.leave("Enter", "profile");
}

/** From a page that needs two factors: to set up an app, to sign in with it elsewhere, and to give the factor later. */
async function giveFactor(keys, username) {
  const { title, tab } = keys;
  const signIn = async () => {
    await tab.context().clearCookies();
    await keys.open("/two/");
    await keys.type(username);
    await keys.press("Tab");
    await keys.type(password);
  };
  await signIn();
  await keys.leave("Enter", "factors, with a way back");
  is(keys.at(), "/account/factors?next=/two/", `${title}, factor: a page that needs one leads to where one sets it up`);
  const before = (await signInElsewhere(username, devices[0])).headers.get("set-cookie").match(/(?:^|, )(auth_session)=([^;]+)/);
  await keys.to("/account/factors/totp");
  await keys.leave("Enter", "factors, an app");
  const secret = await secretOf(tab);
  await keys.to("code");
  await keys.type(shown(secret));
  await keys.leave("Enter", "recovery codes, with a way back");
  const codes = await tab.locator("li code").allTextContents();
  await keys.to("/two/");
  await arrive(tab, () => keys.press("Enter"));
  is(keys.at(), "/two/", `${title}, factor: the way leads back to that page`);

  await signIn();
  await keys.leave("Enter", "factor");
  is(keys.at(), "/account/factor?next=/two/", `${title}, factor: sign-in asks for it`);
  is(await keys.start(), "code", `${title}, factor: the focus starts in the code`);
  is(await keys.stops(), ["code", "submit", "/account/login"], `${title}, factor: Tab order`);
  await keys.to("code");
  await keys.type("000 000");
  await arrive(tab, () => keys.press("Enter"));
  await keys.isWrong("code", { code: "" }, "factor, a wrong code");
  await keys.type(shown(secret, 1));
  await arrive(tab, () => keys.press("Enter"));
  is(keys.at(), "/two/", `${title}, factor: the code of the app signs in, and leads back`);

  await tab.context().clearCookies();
  await tab.context().addCookies([{ name: before[1], value: before[2], url: origin }]);
  await keys.open("/two/");
  is(keys.at(), "/account/factor?next=/two/", `${title}, factor: a session from before the factor is led to give it`);
  await keys.keep("factor, of a session");
  await keys.type(codes[0].toLowerCase().replaceAll("-", " "));
  await arrive(tab, () => keys.press("Enter"));
  is(keys.at(), "/two/", `${title}, factor: a recovery code gives it, and leads back`);

  await forgetProof();
  await keys.open("/account/factors");
  await keys.to("remove");
  await keys.leave("Space", "confirm");
  await keys.type(password);
  await keys.leave("Enter", "factor, to confirm");
  is(keys.at(), "/account/factor?next=/account/factors", `${title}, factor: a confirmation asks for it`);
  await keys.type(codes[1]);
  await keys.leave("Enter", "factors with an app");
  await keys.to("remove");
  await keys.leave("Space", "factors");
  await keys.to("/account");
  await keys.leave("Enter", "profile");
}

async function makeAppPassword(keys) {
  const empty = ["name", "submit", "/account/factors", "/account"];
  await keys.to("/account/factors");
  await keys.leave("Enter", "factors");
  await keys.to("/account/factors/app");
  await keys.leave("Enter", "app passwords");
  is(await keys.stops(), empty, `${keys.title}, app passwords: Tab order`);
  await keys.to("name");
  await keys.type("   ");
  await arrive(keys.tab, () => keys.press("Enter"));
  await keys.isWrong("name", { name: "   " }, "app passwords, a name of spaces");
  await keys.press("Control+a");
  await keys.type("my phone");
  await forgetProof();
  await keys.leave("Enter", "confirm");
  await keys.type(password);
  await keys.leave("Enter", "app passwords");
  is(await keys.value("name"), "my phone", `${keys.title}, app passwords: the name is kept over a confirmation`);
  await keys.to("name");
  await keys.leave("Enter", "app passwords, a new one");
  ok(/^[a-z0-9]{40}$/.test(await keys.tab.locator("#app-password").textContent()), `${keys.title}, app passwords: the new one is shown`);
  is(await keys.stops(), ["remove", ...empty], `${keys.title}, app passwords: Tab order with one`);
  await keys.to("remove");
  await keys.leave("Space", "app passwords");
  is(await keys.stops(), empty, `${keys.title}, app passwords: Space removes it`);
  await keys.to("/account");
  await keys.leave("Enter", "profile");
}

async function changeDetails(keys) {
  const long = "a".repeat(256);
  await keys.to("city");
  await keys.type("London");
  await keys.press("Tab");
  await keys.type(long);
  await arrive(keys.tab, () => keys.press("Enter"));
  await keys.isWrong("display_name", { city: "London", display_name: long }, "profile, a value too long");
  await keys.press("Control+a");
  await keys.type("Ada");
  await keys.leave("Enter", "profile");
  is([keys.at(), await keys.value("city"), await keys.value("display_name")], ["/account", "London", "Ada"], `${keys.title}, profile: it has the changed details`);
  await forgetProof();
  await keys.open("/account");
  await keys.keep("profile, details to read");
  is((await keys.stops())[0], "/account/confirm", `${keys.title}, profile: after a while a link leads to the confirmation`);
  await keys.to("/account/confirm");
  await keys.leave("Enter", "confirm");
  await keys.type(password);
  await keys.leave("Enter", "profile");
  is(await keys.value("city"), "London", `${keys.title}, profile: the confirmation leads back to the form`);
}

/** To a verified address, to another one, and back, which ends the session. */
async function changeAddress(keys, username) {
  const { title, tab } = keys;
  const [first, second] = ["one", "two"].map((name) => `${name}.${username.replaceAll(" ", ".")}@example.com`);
  await keys.to("/account/email");
  await keys.leave("Enter", "email, none");
  is(await keys.stops(), ["email", "submit", "/account"], `${title}, email: Tab order`);
  await keys.to("email");
  await keys.type("ada@192.0.2.1");
  await arrive(tab, () => keys.press("Enter"));
  await keys.isWrong("email", { email: "ada@192.0.2.1" }, "email, what is none");
  await keys.press("Control+a");
  await keys.type(first);
  await forgetProof();
  await keys.leave("Enter", "confirm");
  await keys.type(password);
  await keys.leave("Enter", "email, typed");
  is(await keys.value("email"), first, `${title}, email: what was typed is kept over a confirmation`);
  await keys.to("email");
  await keys.leave("Enter", "email, not verified");
  is(await keys.stops(), ["resend", "email", "submit", "/account"], `${title}, email: Tab order with a link on its way`);
  await linkTo(first);
  await keys.to("resend");
  await keys.leave("Space", "email, sent again");
  await tab.goto(await linkTo(first));
  await keys.keep("verify");
  is(await keys.stops(), ["submit"], `${title}, verify: Tab order`);
  await keys.to("submit");
  await keys.leave("Enter", "verify, done");
  is(await keys.stops(), ["/account"], `${title}, verify: Tab order after it`);
  await keys.to("/account");
  await keys.leave("Enter", "profile");
  await keys.to("/account/email");
  await keys.leave("Enter", "email, verified");
  await keys.to("email");
  await keys.type(second);
  await keys.leave("Enter", "email, another one awaited");
  is(await tab.locator("main bdi").allTextContents(), [first, second], `${title}, email: the page has both addresses`);
  await tab.goto(await linkTo(second));
  await keys.to("submit");
  await keys.leave("Enter", "verify, done");
  await tab.goto(await linkTo(first));
  await keys.keep("verify, to undo a change");
  await keys.to("submit");
  await keys.leave("Enter", "verify, undone");
  is((await keys.stops()).at(-1), "/account/login", `${title}, verify: the page of an undone change leads to sign-in`);
  await keys.to("/account/login");
  await keys.leave("Enter", "login");
  await keys.type(username);
  await keys.press("Tab");
  await keys.type(password);
  await keys.leave("Enter", "profile");
}

async function rename(keys, username, taken) {
  await forgetProof();
  await keys.to("/account/username");
  await keys.leave("Enter", "confirm");
  is(await keys.start(), "password", `${keys.title}, confirm: the focus starts in the password`);
  is(await keys.stops(), ["password", "submit", "/account/logout"], `${keys.title}, confirm: Tab order`);
  await keys.to("password");
  await keys.type(WRONG);
  await arrive(keys.tab, () => keys.press("Enter"));
  await keys.isWrong("password", { password: "" }, "confirm, the password wrong");
  await keys.type(password);
  await keys.leave("Enter", "username");
  is(keys.at(), "/account/username", `${keys.title}, confirm: leads to where it was asked for`);
  is(await keys.start(), "username", `${keys.title}, username: the focus starts in the field`);
  is(await keys.stops(), ["username", "submit", "/account"], `${keys.title}, username: Tab order`);
  await keys.to("username");
  await keys.press("Control+a");
  await keys.type(taken);
  await arrive(keys.tab, () => keys.press("Enter"));
  await keys.isWrong("username", { username: taken }, "username, taken");
  await keys.press("Control+a");
  await keys.type(`${username} 2`);
  await forgetProof();
  await keys.leave("Enter", "confirm");
  await keys.type(password);
  await keys.leave("Enter", "username");
  is(await keys.value("username"), `${username} 2`, `${keys.title}, username: what was typed is kept over a confirmation`);
  await keys.leave("Enter", "profile");
  is(await keys.tab.locator("main bdi").textContent(), `${username} 2`, `${keys.title}, username: the profile has the new one`);
}

async function useLink(keys, username) {
  await keys.tab.goto(reset(username));
  await keys.keep("reset");
  is(await keys.start(), "password", `${keys.title}, reset: the focus starts in the password`);
  is(await keys.stops(), ["password", "submit"], `${keys.title}, reset: Tab order`);
  await keys.to("password");
  await keys.type(username);
  await arrive(keys.tab, () => keys.press("Enter"));
  await keys.isWrong("password", { password: "" }, "reset, the password like the username");
  await keys.type(newPassword);
  await arrive(keys.tab, () => keys.press("Enter"));
  is(keys.at(), "/account/login", `${keys.title}, reset: leads to sign-in`);
  await keys.type(username);
  await keys.press("Tab");
  await keys.type(newPassword);
  await keys.leave("Enter", "profile");
}

async function deleteAccount(keys, username) {
  await keys.to("/account/delete");
  await keys.leave("Enter", "delete");
  is(await keys.start(), "username", `${keys.title}, delete: the focus starts in the field`);
  is(await keys.stops(), ["username", "submit", "/account"], `${keys.title}, delete: Tab order`);
  await keys.to("username");
  await keys.type("somebody else");
  await arrive(keys.tab, () => keys.press("Enter"));
  await keys.isWrong("username", { username: "somebody else" }, "delete, another name");
  await keys.press("Control+a");
  await keys.type(username);
  await keys.press("Tab");
  await arrive(keys.tab, () => keys.press("Space"));
  is(keys.at(), "/account/login", `${keys.title}, delete: leads to sign-in`);
}

/** With an invitation, first with a wrong one. */
async function beInvited(keys, username) {
  const link = invite();
  await keys.open("/invited");
  await keys.keep("sign-up with an invitation");
  is(await keys.stops(), ["username", "password", "email", "invite", "submit", "/account/login"], `${keys.title}, sign-up with an invitation: Tab order`);
  await keys.to("username");
  await keys.type(username);
  await keys.press("Tab");
  await keys.type(password);
  await keys.press("Tab", "Tab");
  await keys.type("not this one");
  await arrive(keys.tab, () => keys.press("Enter"));
  await keys.isWrong("invite", { username, password: "", invite: "not this one" }, "sign-up with a wrong invitation");
  await keys.tab.goto(link);
  is(await keys.value("invite"), link.match(/invite=(\w+)/)[1], `${keys.title}, sign-up with an invitation: the link fills it in`);
  await keys.type(username);
  await keys.press("Tab");
  await keys.type(password);
  await keys.leave("Enter", "profile");
  is(keys.at(), "/account", `${keys.title}, sign-up with an invitation: leads to the profile`);
  await keys.tab.context().clearCookies();
}

/** An account that waits for approval, until it is approved. */
async function beApproved(keys, username) {
  const signIn = async () => {
    await keys.type(username);
    await keys.press("Tab");
    await keys.type(password);
  };
  await keys.open("/approved");
  await signIn();
  await keys.leave("Enter", "waiting");
  is(await keys.tab.locator("main bdi").textContent(), username, `${keys.title}, waiting: the page says for whom`);
  is(await keys.stops(), ["/account/login"], `${keys.title}, waiting: Tab order`);
  await keys.to("/account/login");
  await keys.leave("Enter", "login");
  await signIn();
  await keys.leave("Enter", "login, of an account that waits");
  is([keys.at(), await keys.start(), await keys.value("username")], ["/account/login", "password", username], `${keys.title}, waiting: sign-in keeps the name`);
  approve(username);
  await keys.type(password);
  await keys.leave("Enter", "profile");
  is(keys.at(), "/account", `${keys.title}, waiting: an approved user signs in`);
  await keys.tab.context().clearCookies();
}

/** Where an address must be confirmed: from a page that needs an account, over sign-up, to that page. */
async function confirmAddress(keys, username) {
  const { title, tab } = keys;
  const site = `http://must.localhost:${port}`;
  const address = `must.${username.replaceAll(" ", ".")}@example.com`;
  const at = () => tab.url().slice(site.length);
  await tab.goto(`${site}/private/`);
  await keys.to("/account/signup");
  await keys.leave("Enter", "sign-up with an address");
  is(await keys.stops(), ["username", "password", "email", "submit", "/account/login"], `${title}, sign-up with an address: Tab order`);
  await keys.to("username");
  await keys.type(username);
  await keys.press("Tab");
  await keys.type(password);
  await keys.press("Tab");
  await keys.type("ada@192.0.2.1");
  await arrive(tab, () => keys.press("Enter"));
  await keys.isWrong("email", { username, password: "", email: "ada@192.0.2.1" }, "sign-up with a wrong address");
  await keys.press("Control+a");
  await keys.type(address);
  await keys.press("Shift+Tab");
  await keys.type(password);
  await keys.leave("Enter", "email, needed");
  is(at(), "/account/email?next=/private/", `${title}, sign-up with an address: leads to the page of the address`);
  is(await keys.stops(), ["resend", "email", "submit", "/private/", "/account/logout"], `${title}, email, needed: Tab order`);
  await keys.to("/private/");
  await arrive(tab, () => keys.press("Enter"));
  is(at(), "/account/email?next=/private/", `${title}, email, needed: nothing else is open before the address is confirmed`);
  await tab.goto(await linkTo(address, site));
  await keys.to("submit");
  await keys.leave("Enter", "verify, done");
  await tab.goto(`${site}/account/email?next=/private/`);
  is([at(), await tab.title()], ["/private/", "Private"], `${title}, email, needed: the page leads on once the address is confirmed`);
  await tab.context().clearCookies();
  await tab.goto(`${site}/account/login`);
  await keys.keep("login, by name or address");
  await keys.type(address);
  await keys.press("Tab");
  await keys.type(password);
  await arrive(tab, () => keys.press("Enter"));
  is(at(), "/account", `${title}, login: the address signs in`);
  await tab.context().clearCookies();
}

async function walk(keys, username, taken) {
  await signUp(keys, username);
  await changePassword(keys, username);
  await keys.to("/account/password");
  await keys.leave("Enter", "password");
  await keys.type(newPassword);
  await keys.press("Tab");
  await keys.type(password);
  await keys.leave("Enter", "profile");
  await endSessions(keys, username);
  await lookAtActivity(keys);
  await setUpApp(keys);
  await giveFactor(keys, username);
  await makeAppPassword(keys);
  await changeDetails(keys);
  await changeAddress(keys, username);
  await rename(keys, username, taken);
  await useLink(keys, `${username} 2`);
  await deleteAccount(keys, `${username} 2`);
  await beInvited(keys, `${username} 3`);
  await beApproved(keys, `${username} 4`);
  await confirmAddress(keys, `${username} 5`);
}

// ---- What password managers do: they know fields by their tokens ----

const fields = (tab) =>
  tab.evaluate(() => [...document.querySelectorAll("input:not([type=hidden], [type=checkbox])")].map((field) => [field.getAttribute("autocomplete"), field.type]));

/** Fills in what it knows by its token, as it is stored for the name, and sends the form. */
async function fill(tab, stored) {
  await tab.evaluate((values) => {
    for (const [token, text] of Object.entries(values)) {
      const field = document.querySelector(`input[autocomplete="${token}"]`);
      if (!field.readOnly) field.value = text;
    }
  }, stored);
  await tab.locator("input:not([type=hidden], [type=checkbox])").last().focus();
  await arrive(tab, () => tab.keyboard.press("Enter"));
}

const nameIn = (tab) => tab.evaluate(() => document.querySelector("input[autocomplete=username]").value);

async function manage(tab, title, username) {
  const at = () => tab.url().slice(origin.length);
  const [name, current, wanted] = [["username", "text"], ["current-password", "password"], ["new-password", "password"]];
  const open = (path) => tab.goto(path.startsWith("http") ? path : account + path);
  await open("/signup");
  is(await fields(tab), [name, wanted, ["email", "email"]], `${title}: the fields of sign-up`);
  await fill(tab, { username, "new-password": password });
  is(at(), "/account", `${title}: signs up`);
  await open("/password");
  is(await fields(tab), [name, current, wanted], `${title}: the fields of the password page`);
  is(await nameIn(tab), username, `${title}: the password page says whose password it is`);
  await fill(tab, { username, "current-password": password, "new-password": newPassword });
  is(at(), "/account", `${title}: changes the password`);
  await open("/confirm?next=/account/activity");
  is(await fields(tab), [name, current], `${title}: the fields of the confirmation`);
  is(await nameIn(tab), username, `${title}: the confirmation says whose password it is`);
  await fill(tab, { username, "current-password": newPassword });
  is(at(), "/account/activity", `${title}: confirms`);
  await open("/username");
  is(await fields(tab), [name], `${title}: the field of the username page`);
  await open("/delete");
  is(await fields(tab), [["off", "text"]], `${title}: the field of the deletion is not filled in`);
  await open(reset(username));
  is(await fields(tab), [name, wanted], `${title}: the fields of a reset`);
  is(await nameIn(tab), username, `${title}: the reset says whose password it is`);
  await fill(tab, { username, "new-password": password });
  is(at(), "/account/login", `${title}: resets the password`);
  is(await fields(tab), [name, current], `${title}: the fields of sign-in`);
  await fill(tab, { username, "current-password": password });
  is(at(), "/account", `${title}: signs in`);

  const code = ["one-time-code", "text"];
  await open("/factors/totp");
  const secret = await secretOf(tab);
  is(await fields(tab), [code], `${title}: the field of a new app`);
  await fill(tab, { "one-time-code": shown(secret) });
  is(at(), "/account/factors/totp", `${title}: sets up an app`);
  await tab.context().clearCookies();
  await open("/login");
  await fill(tab, { username, "current-password": password });
  is(at(), "/account/factor", `${title}: signs in with the password, and is asked for the code`);
  is(await fields(tab), [code], `${title}: the field of the code`);
  await fill(tab, { "one-time-code": shown(secret, 1) });
  is(at(), "/account", `${title}: signs in with the code`);
}

// ---- Browsers ----

const browsers = [
  { name: "Chromium", spoken: languages, start: () => launch() },
  { name: "Firefox", spoken: ["en"], start: () => launchFirefox({ scripts: false }) },
];

const collected = [];
const phone = looks.filter(({ name }) => name === "phone-light");
await fetch(`${account}/signup`, {
  method: "POST",
  redirect: "manual",
  headers: { "Content-Type": "application/x-www-form-urlencoded" },
  body: new URLSearchParams({ username: "taken", password }),
});

/** One person with a browser of their own, which runs no script. */
async function visit(browser, title, locale, act) {
  diag(title);
  const context = await browser.newContext({ javaScriptEnabled: false, locale, reducedMotion: "reduce", viewport: { width: 1280, height: 1600 } });
  context.setDefaultTimeout(30_000);
  try {
    await act(await context.newPage());
  } catch (error) {
    ok(false, `${title}: goes through to the end`, error.stack);
  }
  await context.close();
}

for (const { name, spoken, start } of browsers) {
  const browser = await start();
  for (const language of spoken) {
    const title = `${name}, ${language}`;
    await visit(browser, title, language, async (tab) => {
      const keys = new Keyboard(tab, title);
      await walk(keys, `${name} ${language}`, "taken");
      is(await tab.evaluate(() => document.documentElement.lang), language, `${title}: the pages are in this language`);
      collected.push(...keys.pages.map((page) => ({ ...page, language })));
    });
  }
  await visit(browser, `${name}, password manager`, "en", (tab) => manage(tab, `${name}, password manager`, `manager ${name}`));
  await browser.close();
}

// ---- Each page and each of its errors, in each language, once ----

const browser = await launch();
const tab = await browser.newPage();
const seen = new Set();
for (const { what, html, language } of collected) {
  if (seen.has(`${language}/${what}`)) continue;
  seen.add(`${language}/${what}`);
  await tab.goto("about:blank");
  await tab.setContent(html);
  await audit(tab, `${language}, ${what}`, phone);
}
await browser.close();
done();
