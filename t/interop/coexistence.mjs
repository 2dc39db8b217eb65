// SPDX-License-Identifier: Apache-2.0
// The real Lucia v2 and mod_luciauth on one database. Prints TAP. Started by coexistence.t, which runs the servers;
// DATABASE is a file, postgres://... or mysql://...:
//
//   node coexistence.mjs together LUCIA_URL OURS_URL DATABASE
//   node coexistence.mjs rehash LUCIA_URL OURS_URL DATABASE OURS_WITH_ARGON2ID_URL
//   node coexistence.mjs cached LUCIA_URL OURS_WITH_A_CACHE_URL DATABASE TTL_IN_MS
//   node coexistence.mjs addresses LUCIA_URL OURS_WITH_ADDRESSES_URL DATABASE LUCIACTL CONFIGURATION
import "lucia/polyfill/node"; // Node.js 18 has no global `crypto`
import { execFileSync } from "node:child_process";
import { scryptSync } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { lucia as makeLucia } from "lucia";
import { validateLuciaPasswordHash } from "lucia/utils";
import { openDatabase } from "./lib/database.mjs";
import { PASSWORD, WRONG } from "./lib/fixtures.mjs";
import { done, is, ok } from "./lib/tap.mjs";
import { Side } from "./lib/sides.mjs";
import { form, get, json, post } from "./steps/words.mjs";

const [suite, luciaUrl, oursUrl, where, further, configuration] = process.argv.slice(2);
const database = await openDatabase(where);
const lucia = new Side("Lucia", luciaUrl, database);
const ours = new Side("the module", oursUrl, database);

const HOUR_MS = 60 * 60 * 1000;
const ACTIVE_MS = 24 * HOUR_MS;

/** One visit in a few words, for comparing. */
const brief = ({ status, location, cookie, message, shown }) =>
  [status, location, cookie.state === "none" ? null : `cookie ${cookie.state}`, message, shown]
    .filter((word) => word !== null)
    .join(", ");

const SIGNED_IN = "302, /, cookie set";
const SIGNED_OUT = "302, /login, cookie cleared";
const DEAD = "302, /login, cookie cleared";
const INCORRECT = "400, Incorrect username or password";
const TAKEN = "400, Username already taken";

const signUp = (username, password = PASSWORD) => form("/signup", { username, password });
const signIn = (username, password = PASSWORD) => json("/api/login", { username, password });

const visit = async (side, request, jar) => brief(await side.visit({ request, jar }));
const expectVisit = async (side, request, expected, name, jar) =>
  is(await visit(side, request, jar), expected, `${name} at ${side.name}`);

/** The browser goes to the other site and takes its cookie along. */
const carry = (jar, from, to) => {
  to.jar(jar).current = from.jar(jar).current;
};

const hashOf = (key) => ours.value("SELECT hashed_password AS value FROM user_key WHERE id = ?", [`username:${key}`]);
const keysOf = (key) => ours.value("SELECT count(*) AS value FROM user_key WHERE id = ?", [`username:${key}`]);
const rowsOf = (token) => ours.value("SELECT count(*) AS value FROM user_session WHERE id = ?", [token]);
const activeExpires = (token) => ours.value("SELECT active_expires AS value FROM user_session WHERE id = ?", [token]);

/** Users, passwords and sessions made at home are good away; sign-outs count at both. */
const accepts = async (home, away, name) => {
  const user = `${name} Of ${home.name}`.slice(0, 31);
  await expectVisit(home, signUp(user), SIGNED_IN, "sign-up", "a");
  const { current: token } = home.jar("a");
  is(await rowsOf(token), 1, `${home.name} stored the session's id as it is`);
  ok(/^s2:[a-z0-9]{16}:[0-9a-f]{128}$/.test(await hashOf(user.toLowerCase())), `${home.name} stored Lucia's scrypt`);

  carry("a", home, away);
  await expectVisit(away, get("/"), `200, ${user}`, `the session of ${home.name}`, "a");
  await expectVisit(away, signUp(user), TAKEN, "the name is taken");
  await expectVisit(away, signIn(user, WRONG), INCORRECT, "a wrong password");
  await expectVisit(away, signIn(user.toUpperCase()), SIGNED_IN, "sign-in in capitals", "b");
  carry("b", away, home);
  await expectVisit(home, get("/"), `200, ${user}`, `the session of ${away.name}`, "b");

  await home.age("a", { active: -1000, idle: HOUR_MS });
  is((await visit(away, get("/"), "a")).slice(0, 3), "200", `an idle session of ${home.name} at ${away.name}`);
  ok(Math.abs((await activeExpires(token)) - Date.now() - ACTIVE_MS) < 60_000, `${away.name} renewed it for a day`);
  await expectVisit(home, get("/"), `200, ${user}`, "it is active", "a");

  await expectVisit(away, post("/logout"), SIGNED_OUT, `sign-out of the session of ${home.name}`, "a");
  await expectVisit(home, get("/"), DEAD, "it is gone", "a");
  await expectVisit(away, get("/"), `200, ${user}`, "the other session is not", "b");
  await expectVisit(home, post("/api/logout"), SIGNED_OUT, `sign-out of the session of ${away.name}`, "b");
  await expectVisit(away, get("/"), DEAD, "it is gone", "b");
};

/** What is the same name and the same password is so at both. Where the database takes names for equal that are not,
 *  Lucia does so, too; the module does not. */
const sameText = async (home, away, prefix) => {
  const typed = `${prefix}\u0130\u039f\u0394\u039f\u03a3`;
  const lower = `${prefix}i\u0307\u03bf\u03b4\u03bf\u03c2`;
  await expectVisit(home, signUp(typed, "\ufb01nancial\u2460 e\u0301"), SIGNED_IN, "sign-up with letters of all kinds");
  await expectVisit(away, signIn(lower, "financial1 \u00e9"), SIGNED_IN, "sign-in with the same in other letters");
  const other = lower.replace("\u03c2", "\u03c3");
  const expected = away === lucia && (await keysOf(other)) ? SIGNED_IN : INCORRECT;
  await expectVisit(away, signIn(other, "financial1 \u00e9"), expected, "with another sigma");
  const emoji = `${prefix}\u{1f600}\u{1f3f4}`;
  await expectVisit(home, signUp(emoji, "\u{1f600}".repeat(3)), SIGNED_IN, "sign-up with emoji");
  await expectVisit(away, signIn(emoji, "\u{1f600}".repeat(3)), SIGNED_IN, "sign-in with emoji");
};

/** One visitor after another goes to both sites; returns every answer that was not as it should be. */
const visitors = async (home, away, worker, rounds) => {
  const surprises = [];
  const expectQuietly = async (side, request, expected, jar) => {
    const got = await visit(side, request, jar);
    if (got !== expected) surprises.push(`${request.method} ${request.path} at ${side.name}: ${got}`);
  };
  for (let round = 0; round < rounds; round += 1) {
    const user = `load ${home === lucia ? "l" : "o"}${worker} ${round}`;
    const jar = user;
    await expectQuietly(home, signUp(user), SIGNED_IN, jar);
    carry(jar, home, away);
    await expectQuietly(away, get("/"), `200, ${user}`, jar);
    await expectQuietly(away, post("/logout"), SIGNED_OUT, jar);
    await expectQuietly(home, get("/"), DEAD, jar);
    await expectQuietly(away, signIn(user), SIGNED_IN, jar);
    carry(jar, away, home);
    await expectQuietly(home, get("/"), `200, ${user}`, jar);
    await expectQuietly(home, post("/logout"), SIGNED_OUT, jar);
  }
  return surprises;
};

const WORKERS = 4;
const ROUNDS = 2;

const together = async () => {
  await accepts(lucia, ours, "User");
  await accepts(ours, lucia, "User");
  await sameText(lucia, ours, "l");
  await sameText(ours, lucia, "o");
  const workers = Array.from({ length: WORKERS }, (_, worker) => [
    visitors(lucia, ours, worker, ROUNDS),
    visitors(ours, lucia, worker, ROUNDS),
  ]);
  is((await Promise.all(workers.flat())).flat(), [], `${2 * WORKERS} visitors at once on both sites`);
  is(await database.check(), "ok", "the database is in order");
  const keyless = `SELECT count(*) AS value FROM ${database.tables.user} WHERE id NOT IN (SELECT user_id FROM user_key)`;
  is(await ours.value(keyless), 0, "every user has a key");
};

/** The format before "s2:", from versions of Lucia that used r = 8. */
const olderHash = (password) => {
  const salt = "0123456789abcdef";
  const options = { N: 16384, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };
  return `${salt}:${scryptSync(password.normalize("NFKC"), salt, 64, options).toString("hex")}`;
};
const setHash = (key, hash) =>
  database.run("UPDATE user_key SET hashed_password = ? WHERE id = ?", [hash, `username:${key}`]);

const rehash = async () => {
  const argon = new Side("the module with Argon2id", further, database);
  await expectVisit(lucia, signUp("Rehash"), SIGNED_IN, "sign-up", "r");
  ok((await hashOf("rehash")).startsWith("s2:"), "Lucia stored scrypt");
  await expectVisit(argon, signIn("rehash", WRONG), INCORRECT, "a wrong password");
  ok((await hashOf("rehash")).startsWith("s2:"), "a wrong password leaves Lucia's hash");
  await expectVisit(argon, signIn("rehash"), SIGNED_IN, "sign-in");
  ok((await hashOf("rehash")).startsWith("$argon2id$v=19$"), "the hash was replaced");
  await expectVisit(argon, signIn("rehash"), SIGNED_IN, "sign-in again");
  await expectVisit(lucia, signIn("rehash"), INCORRECT, "no sign-in any more: it cannot read Argon2id");
  await expectVisit(lucia, get("/"), "200, Rehash", "the session goes on", "r");
  await expectVisit(ours, signIn("rehash"), SIGNED_IN, "sign-in");
  ok((await hashOf("rehash")).startsWith("s2:"), "with lucia-scrypt configured, the hash is Lucia's again");
  await expectVisit(lucia, signIn("rehash"), SIGNED_IN, "sign-in");

  const older = olderHash(PASSWORD);
  ok(await validateLuciaPasswordHash(PASSWORD, older), "Lucia takes the older format");
  await setHash("rehash", older);
  await expectVisit(ours, signIn("rehash", WRONG), INCORRECT, "the older format, a wrong password");
  is(await hashOf("rehash"), older, "a wrong password leaves the older hash");
  await expectVisit(ours, signIn("rehash"), SIGNED_IN, "the older format");
  ok((await hashOf("rehash")).startsWith("s2:"), "the older hash was replaced");
  await expectVisit(lucia, signIn("rehash"), SIGNED_IN, "sign-in with the new one");

  await setHash("rehash", null);
  await expectVisit(ours, signIn("rehash"), INCORRECT, "a key without a password");
  await expectVisit(lucia, signIn("rehash"), INCORRECT, "a key without a password");
};

const SLACK_MS = 1500;

/** Polls; the time that it took. */
const timeUntil = async (condition, mostMs) => {
  const start = Date.now();
  while (!(await condition()) && Date.now() - start < mostMs) await sleep(20);
  return Date.now() - start;
};

const cached = async () => {
  const ttl = Number(further);
  await expectVisit(lucia, signUp("Cached"), SIGNED_IN, "sign-up", "a");
  carry("a", lucia, ours);
  await expectVisit(ours, get("/"), "200, Cached", "a session is known at once", "a");
  await expectVisit(lucia, post("/logout"), SIGNED_OUT, "sign-out", "a");
  await expectVisit(ours, get("/"), "200, Cached", "the ended session is still at hand", "a");
  let seen;
  const took = await timeUntil(async () => (seen = await visit(ours, get("/"), "a")) === DEAD, 3 * ttl);
  is(seen, DEAD, "the session is gone after the sign-out");
  ok(took <= ttl + SLACK_MS, `within a TTL: ${took} ms`);

  await expectVisit(ours, signIn("cached"), SIGNED_IN, "sign-in", "b");
  await expectVisit(ours, get("/"), "200, Cached", "the session is at hand", "b");
  carry("b", ours, lucia);
  await expectVisit(ours, post("/logout"), SIGNED_OUT, "sign-out", "b");
  await expectVisit(lucia, get("/"), DEAD, "it is gone at once", "b");
};

const luciactl = (...words) => execFileSync(further, ["--config", configuration, ...words], { encoding: "utf8" });

/** What an application does through Lucia's own functions. */
const auth = makeLucia({ adapter: database.adapter(), env: "DEV", getUserAttributes: ({ username }) => ({ username }) });
const failure = (promise) => promise.then(() => "none", (error) => error.message);

/** An account of home's gets a verified address, which is a key without a password. */
const hasAddress = async (home, away) => {
  const name = `Adele ${home === lucia ? "l" : "o"}`;
  const key = name.toLowerCase();
  const address = `${home === lucia ? "l" : "o"}.adele@example.org`;
  const spoken = `an account of ${home.name} with an address`;
  await expectVisit(home, signUp(name), SIGNED_IN, `sign-up of ${spoken}`, name);
  luciactl("user", "email", name, address);
  carry(name, home, away);
  for (const side of [home, away]) {
    await expectVisit(side, get("/"), `200, ${name}`, `the session of ${spoken} from before`, name);
    await expectVisit(side, signIn(name), SIGNED_IN, `sign-in with the name of ${spoken}`);
  }
  await expectVisit(lucia, signIn(address), INCORRECT, `sign-in with the address of ${spoken}`);
  await expectVisit(ours, signIn(address.toUpperCase(), WRONG), INCORRECT, `the wrong password of ${spoken}`);
  await expectVisit(ours, signIn(address.toUpperCase()), SIGNED_IN, `sign-in with the address of ${spoken}`, address);
  carry(address, ours, lucia);
  await expectVisit(lucia, get("/"), `200, ${name}`, `the session that the address of ${spoken} began`, address);

  const { userId } = await auth.getKey("email", address);
  is((await auth.getUser(userId)).username, name, `Lucia's getKey finds ${spoken} by its address`);
  const keys = await auth.getAllUserKeys(userId);
  is(keys.map((each) => `${each.providerId}:${each.providerUserId} ${each.passwordDefined}`).sort(), [`email:${address} false`, `username:${key} true`],
    `Lucia's getAllUserKeys lists both keys of ${spoken}, one with a password`);
  is(await failure(auth.useKey("email", address, PASSWORD)), "AUTH_INVALID_PASSWORD", `Lucia's useKey takes no password for the address of ${spoken}`);
  ours.jar("made").current = (await auth.createSession({ userId, attributes: {} })).sessionId;
  await expectVisit(ours, get("/"), `200, ${name}`, `a session that Lucia's createSession made for ${spoken}`, "made");

  await auth.updateKeyPassword("username", key, `${PASSWORD} 2`);
  await expectVisit(ours, signIn(address), INCORRECT, `the password of ${spoken} before Lucia's updateKeyPassword`);
  await expectVisit(ours, signIn(address, `${PASSWORD} 2`), SIGNED_IN, `the password of ${spoken} after Lucia's updateKeyPassword`);
  await auth.invalidateAllUserSessions(userId);
  await expectVisit(ours, get("/"), DEAD, `after Lucia's invalidateAllUserSessions the session of ${spoken}`, "made");

  await expectVisit(home, signUp(`${name} 2`), SIGNED_IN, `sign-up of another account than ${spoken}`);
  let refused = false;
  try { luciactl("user", "email", `${name} 2`, address); } catch { refused = true; }
  ok(refused, `the address of ${spoken} is no other account's`);
  await auth.deleteUser(userId);
  await expectVisit(ours, signIn(address, `${PASSWORD} 2`), INCORRECT, `after Lucia's deleteUser the address of ${spoken}`);
  luciactl("user", "email", `${name} 2`, address);
  await expectVisit(ours, signIn(address), SIGNED_IN, `the address of ${spoken}, which was deleted, at another account`);
};

const addresses = async () => {
  await hasAddress(lucia, ours);
  await hasAddress(ours, lucia);
  is(await database.check(), "ok", "the database of accounts with addresses is in order");
};

await { together, rehash, cached, addresses }[suite]();
await database.close();
done();
