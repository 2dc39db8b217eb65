// SPDX-License-Identifier: Apache-2.0
// Sends the same steps to the guide application on the real Lucia v2 and to mod_luciauth, and compares what a visitor
// sees. Prints TAP. Started by differential.t, which runs both servers:
//
//   node differential.mjs SUITE LUCIA_URL LUCIA_FILE OURS_URL OURS_FILE
import { diag, done, is, ok } from "./lib/tap.mjs";
import { openDatabase } from "./lib/database.mjs";
import { Side } from "./lib/sides.mjs";
import { ANY, DIFFERENCES } from "./differences.mjs";
import * as accounts from "./steps/accounts.mjs";
import * as names from "./steps/names.mjs";
import * as origins from "./steps/origins.mjs";
import * as requests from "./steps/requests.mjs";
import * as secure from "./steps/secure.mjs";
import * as sessions from "./steps/sessions.mjs";

const SUITES = {
  everything: { parts: [accounts, names, requests, sessions, origins], attributes: [], leastRequests: 90 },
  secure: { parts: [secure], attributes: ["Secure"], leastRequests: 5 },
};

const DAY_MS = 24 * 60 * 60 * 1000;
const SESSION_MS = 15 * DAY_MS; // one active, fourteen idle
const SLACK_MS = 10_000;
const NOTHING = { location: null, cookie: "none", message: null };

const [suiteName, luciaUrl, luciaFile, oursUrl, oursFile] = process.argv.slice(2);
const suite = SUITES[suiteName];
const lucia = new Side("lucia", luciaUrl, await openDatabase(luciaFile));
const ours = new Side("ours", oursUrl, await openDatabase(oursFile));
const sides = [lucia, ours];
const usedDifferences = new Set();
let requests_sent = 0;

/** The row of differences that a step names; an unknown name is a fault of the test. */
const differenceOf = ({ name, differs }) => {
  if (!differs) return null;
  if (!(differs in DIFFERENCES)) throw new Error(`${name}: no difference is called ${differs}`);
  usedDifferences.add(differs);
  return DIFFERENCES[differs];
};

const COOKIE_ATTRIBUTES = ["HttpOnly", "Path=/", "SameSite=Lax", ...suite.attributes].sort();

/** "set" or "cleared" when all about the cookie is as it should be, else what is wrong with it. */
const describeCookie = ({ state, expires, attributes, value }) => {
  if (state !== "set" && state !== "cleared") return state;
  if (attributes.join("; ") !== COOKIE_ATTRIBUTES.join("; ")) return `${state} with ${attributes.join("; ")}`;
  if (state === "cleared") return state;
  if (!/^[a-z0-9]{40}$/.test(value)) return `set to ${value}`;
  const late = expires - (Date.now() + SESSION_MS);
  return Math.abs(late) <= SLACK_MS ? state : `set, expiring ${late} ms late`;
};

const summary = (seen) => ({ ...seen, cookie: describeCookie(seen.cookie) });

/** What nobody expects anything of is expected to be what was seen. */
const fillIn = (expected, seen) =>
  Object.fromEntries(
    Object.keys(seen).map((field) => {
      const known = field in expected && expected[field] !== ANY;
      return [field, known ? expected[field] : seen[field]];
    }),
  );

const runRequest = async (step, name) => {
  const difference = differenceOf(step);
  requests_sent += 1;
  const [atLucia, atOurs] = (await Promise.all(sides.map((side) => side.visit(step)))).map(summary);
  const expected = { ...NOTHING, ...step.expect };
  is(atLucia, fillIn({ ...expected, ...difference?.lucia }, atLucia), `lucia: ${name}`);
  is(atOurs, fillIn({ ...atLucia, ...expected, ...difference?.ours }, atOurs), `ours: ${name}`);
};

const runQuery = async ({ query, ...step }, name) => {
  const difference = differenceOf(step);
  const values = await Promise.all(sides.map((side) => {
    const args = query.args.map((argument) => (typeof argument === "function" ? argument() : argument));
    return side.value(query.sql, args);
  }));
  is(values[0], step.expect, `lucia: ${name}`);
  is(values[1], difference ? difference.ours : step.expect, `ours: ${name}`);
};

const runAge = async ({ jar, age }, name) => {
  for (const side of sides) is(await side.age(jar, age), 1, `${side.name}: ${name}`);
};

const runStep = async (step, sequence) => {
  const name = `${sequence.name}: ${step.name}`;
  if (step.query) await runQuery(step, name);
  else if (step.age) await runAge(step, name);
  else await runRequest(step, name);
};

for (const sequence of suite.parts.flatMap((part) => part.sequences)) {
  sides.forEach((side) => side.jars.clear());
  for (const step of sequence.steps) await runStep(step, sequence);
}

ok(requests_sent >= suite.leastRequests, `${requests_sent} requests went to each`);
if (suiteName === "everything") {
  const unused = Object.keys(DIFFERENCES).filter((name) => !usedDifferences.has(name));
  is(unused, [], "every listed difference was seen");
  for (const name of usedDifferences) diag(`${name}: ${DIFFERENCES[name].why}`);
}
await Promise.all(sides.map((side) => side.database.close()));
done();
