// SPDX-License-Identifier: Apache-2.0
// The Test Anything Protocol, as much of it as these tests need.
import { isDeepStrictEqual } from "node:util";

let count = 0;
let failures = 0;

const comment = (text) => text.replace(/^/gm, "# ");
const oneLine = (name) => name.replace(/[\n\r]/g, " ").replace(/#/g, "\\#");
const show = (value) => JSON.stringify(value, null, 1) ?? String(value);

export const diag = (text) => process.stdout.write(`${comment(text)}\n`);

export const ok = (passed, name, details = "") => {
  count += 1;
  if (!passed) failures += 1;
  process.stdout.write(`${passed ? "ok" : "not ok"} ${count} - ${oneLine(name)}\n`);
  if (!passed && details) diag(details);
  return passed;
};

export const is = (got, expected, name) =>
  ok(isDeepStrictEqual(got, expected), name, `     got: ${show(got)}\nexpected: ${show(expected)}`);

/** Prints the plan; the exit status says whether all passed. */
export const done = () => {
  process.stdout.write(`1..${count}\n`);
  process.exitCode = failures === 0 ? 0 : 1;
};
