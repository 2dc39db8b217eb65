// SPDX-License-Identifier: Apache-2.0
// What a visitor can observe of an answer, in one form for pages and for JSON, so that two servers can be compared.

export const COOKIE_NAME = "auth_session";

const MESSAGES = [
  "Invalid username",
  "Invalid password",
  "Username already taken",
  "Incorrect username or password",
  "An unknown error occurred",
  "Unauthorized",
];

const NAMED_ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

const unescapeHtml = (text) =>
  text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) => {
    if (hex) return String.fromCodePoint(parseInt(hex, 16));
    if (decimal) return String.fromCodePoint(Number(decimal));
    return NAMED_ENTITIES[name] ?? whole;
  });

/** The text of a page, a line per element, so that a value can be told from the label before it. */
const linesOf = (html) =>
  html
    .replace(/<(style|script|title)\b.*?<\/\1>/gis, "")
    .split(/<[^>]*>|\n/)
    .map((line) => unescapeHtml(line).trim())
    .filter((line) => line !== "");

/** "Username: x" in one element, or "Username:" and "x" in two neighbours. */
const labelled = (lines, label) => {
  const at = lines.findIndex((line) => line.startsWith(`${label}:`));
  if (at < 0) return null;
  return lines[at].slice(label.length + 1).trim() || (lines[at + 1] ?? null);
};

const attributeOf = (tag, name) => {
  const found = new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`, "i").exec(tag);
  return found ? unescapeHtml(found[1] ?? found[2]) : null;
};

/** The username that a form shows again, null where the page has no such field. */
const keptUsername = (html) => {
  const field = (html.match(/<input\b[^>]*>/gi) ?? []).find((tag) => attributeOf(tag, "name") === "username");
  return field ? (attributeOf(field, "value") ?? "") : null;
};

const parseJson = (body) => {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
};

const KINDS = { "application/json": "json", "text/html": "page", "text/plain": "text" };

const kindOf = ({ headers, body }) => {
  const type = (headers["content-type"] ?? "").split(";")[0];
  return body === "" ? null : (KINDS[type] ?? type);
};

const readBody = (response) => {
  const kind = kindOf(response);
  if (kind === "json") {
    const { error = null, user } = parseJson(response.body) ?? {};
    return { kind, message: error, shown: user?.username ?? null, kept: null };
  }
  const lines = linesOf(response.body);
  return {
    kind,
    message: MESSAGES.filter((message) => lines.some((line) => line.includes(message))).join(" + ") || null,
    shown: labelled(lines, "Username"),
    kept: keptUsername(response.body),
  };
};

const cookieState = (value, expires, now) => {
  if (value !== "") return "set";
  return expires !== null && expires <= now ? "cleared" : "emptied";
};

const NO_COOKIE = { state: "none" };

const readCookie = (setCookies, now) => {
  const ours = setCookies.filter((line) => line.startsWith(`${COOKIE_NAME}=`));
  if (ours.length === 0) return NO_COOKIE;
  if (ours.length > 1) return { state: "repeated" };
  const [pair, ...attributes] = ours[0].split(/;\s*/);
  const found = new Map(attributes.map((text) => [text.split("=")[0], text.slice(text.indexOf("=") + 1)]));
  const value = pair.slice(COOKIE_NAME.length + 1);
  const expires = found.has("Expires") ? Date.parse(found.get("Expires")) : null;
  return {
    state: cookieState(value, expires, now),
    value,
    expires,
    attributes: attributes.filter((text) => !text.startsWith("Expires=")).sort(),
  };
};

/**
 * @returns status, location, cookie {state, value, expires (ms), attributes}, message, kind ("json", "page",
 *   "text", null without a body), shown (the profile's username), kept (the form's username)
 */
export const observe = (response, now = Date.now()) => {
  const { kind, message, shown, kept } = readBody(response);
  return {
    status: response.status,
    location: response.headers.location ?? null,
    cookie: readCookie(response.setCookies, now),
    message,
    kind,
    shown,
    kept,
  };
};
