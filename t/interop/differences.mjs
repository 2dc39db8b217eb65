// SPDX-License-Identifier: Apache-2.0
// Where mod_luciauth means to differ from the guide application on Lucia v2, and why. A step that names a row here is
// expected to see at Lucia what the step says (with `lucia` over it) and at mod_luciauth the same with `ours` over it;
// every other step is expected to see the same at both. A row that no step needs any more fails the test.

/** Any value: a text that is ours to choose. */
export const ANY = Symbol("any");

// What we answer instead. A page of an error has no form, so that no username is kept in it.
const JSON_ERROR = { location: null, cookie: "none", message: ANY, kind: "json", kept: null };
const ERROR_PAGE = { location: null, cookie: "none", message: ANY, kind: "page", kept: null };
const ANONYMOUS = { status: 302, location: "/login", cookie: "none", kind: null, shown: null };

export const DIFFERENCES = {
  // Accounts

  "taken-in-another-case": {
    why: "to the guide only SQLITE_CONSTRAINT_UNIQUE means taken; here the key collides, and Lucia throws AUTH_DUPLICATE_KEY_ID",
    ours: { status: 400, message: "Username already taken", kept: ANY },
  },
  "taken-in-another-case-api": {
    why: "the same at the API",
    ours: { status: 400, message: "Username already taken" },
  },
  "control-characters": {
    why: "a name with control or format characters, or blanks at its ends, forges log lines and terminals; Lucia stores it",
    ours: { status: 400, location: null, cookie: "none", message: "Invalid username", kind: "page", kept: ANY },
  },
  "control-characters-at-sign-in": {
    why: "no account can have such a name, so it is refused before the database is asked",
    ours: { status: 400, message: "Invalid username" },
  },

  "blanks-at-sign-in": {
    why: "a phone's keyboard adds them; no name begins or ends with one, so nobody else is meant",
    ours: { status: 302, location: "/", cookie: "set", message: null, kind: null, shown: null, kept: null },
  },
  "signed-out-page": {
    why: "who signs out twice is told kindly, on a page of its own; the status is the same",
    ours: { message: ANY },
  },
  "sign-out-page": {
    why: "applications link to a sign-out URL: GET shows a button, and a visitor is sent to the sign-in page",
    ours: { ...ANONYMOUS, message: null, kept: null },
  },

  // Bodies

  "json-in-json-out": {
    why: "the Express guide answers a page to whatever came; here JSON is answered with JSON",
    ours: { kind: "json", kept: null },
  },
  "field-twice": {
    why: "body parsers make an array of it, which is no string; here a field given twice is malformed, whichever it is",
    ours: { ...ERROR_PAGE, status: 400 },
  },
  "member-twice": {
    why: "JSON.parse takes the last one, other parsers the first: refused",
    ours: { ...JSON_ERROR, status: 400 },
  },
  "other-type": {
    why: "Express leaves the body empty; here the type is named as the fault",
    ours: { ...ERROR_PAGE, status: 415 },
  },
  "other-type-api": {
    why: "the same at the API",
    ours: { ...JSON_ERROR, status: 415 },
  },
  malformed: {
    why: "both answer 400, each with its own words",
    ours: { ...JSON_ERROR, status: 400 },
  },
  "not-an-object": {
    why: "whatever is not a JSON object of sane depth is malformed, where Express finds no username in it",
    ours: { ...JSON_ERROR, status: 400 },
  },
  "broken-escape": {
    why: "qs falls back to the raw text; here bad escapes and invalid UTF-8 are malformed",
    ours: { ...ERROR_PAGE, status: 400 },
  },
  "invalid-text-json": {
    why: "JavaScript puts U+FFFD for invalid UTF-8 and keeps lone surrogates; neither can be stored as it came",
    ours: { ...JSON_ERROR, status: 400 },
  },
  "nul-form": {
    why: "drivers end a text at NUL, so that `bodies\\0x` would be `bodies`",
    ours: { ...ERROR_PAGE, status: 400 },
  },
  "nul-json": {
    why: "as in a form",
    ours: { ...JSON_ERROR, status: 400 },
  },
  "too-large": {
    why: "Express reads up to 100 KiB; here 8 KiB is the limit for two fields of 255 characters",
    ours: { ...ERROR_PAGE, status: 413 },
  },
  "too-large-json": {
    why: "the same in JSON",
    ours: { ...JSON_ERROR, status: 413 },
  },
  next: {
    why: "the guides know only the home page; here a path of this site is returned to",
    ours: { location: "/files/?a=b" },
  },
  "prefers-json": {
    why: "a client that asks for JSON by name gets the user and the session instead of a redirect",
    ours: { status: 200, location: null, kind: "json", shown: "bodies" },
  },
  "prefers-json-sign-up": {
    why: "as at sign-in, with the status of something made",
    ours: { status: 201, location: null, kind: "json", shown: "prefers" },
  },
  "profile-prefers-json": {
    why: "a redirect to a page is no answer to a script",
    ours: { ...JSON_ERROR, status: 401, message: "Unauthorized" },
  },

  // Methods and paths

  "other-method": {
    why: "Express knows no such route; here the path is known and the method is named as the fault",
    ours: { ...ERROR_PAGE, status: 405 },
  },
  "api-method": {
    why: "the guide's handler sets the status and never answers (the rebuilt one does, with nothing); here every error is JSON",
    ours: { ...JSON_ERROR, status: 405 },
  },
  options: {
    why: "Express answers OPTIONS by itself; here it is one of the other methods, with Allow",
    ours: { ...ERROR_PAGE, status: 405 },
  },
  "exact-paths": {
    why: "Express matches any case and a slash too many; here only those exact paths are claimed",
    ours: { status: 404, kind: ANY, kept: ANY },
  },

  // The cookie and the session

  "not-a-token": {
    why: "what cannot be a token is not looked up: the visitor is anonymous and the cookie is somebody else's",
    ours: { cookie: "none" },
  },
  "strict-cookie": {
    why: "Lucia unquotes and decodes; here the value must be a token as it stands",
    ours: ANONYMOUS,
  },
  "two-cookies": {
    why: "two different cookies of this name are nobody's, and both are cleared, or a browser would send them for ever",
    ours: { ...ANONYMOUS, cookie: "cleared" },
  },
  "two-headers": {
    why: "HTTP/1 allows one Cookie header; httpd joins two with a comma, which separates no cookies, and Node.js with a semicolon",
    ours: ANONYMOUS,
  },
  "renewal-sent": {
    why: "Lucia renews the row and never sends the cookie again, so that the browser drops it at its first expiry",
    ours: { cookie: "set" },
  },
  "dead-row": {
    why: "Lucia leaves dead rows until deleteDeadUserSessions is called; here the row goes with the cookie",
    ours: 0,
  },
  rotation: {
    why: "signing in ends the session that came with the request; Lucia leaves it behind",
    ours: 0,
  },
  "rotation-cookie": {
    why: "so the cookie from before is dead",
    ours: { ...ANONYMOUS, cookie: "cleared" },
  },

  // Origins

  "foreign-origin": {
    why: "the guides act before any Origin is looked at, and Lucia does not compare schemes: log-in CSRF",
    ours: { ...JSON_ERROR, status: 403 },
  },
  "foreign-origin-form": {
    why: "the same from a form",
    ours: { ...ERROR_PAGE, status: 403 },
  },
  "foreign-origin-breaks": {
    why: "Lucia throws at an Origin that is no URL, after the user or session was made",
    ours: { ...JSON_ERROR, status: 403 },
  },
  "foreign-origin-breaks-form": {
    why: "the same from a form",
    ours: { ...ERROR_PAGE, status: 403 },
  },
  "foreign-origin-changes": {
    why: "so Lucia has made both users, and here there is none",
    ours: 0,
  },
  "sign-out-origin-breaks": {
    why: "Lucia throws at an Origin that is no URL (the guide's process ends); here it is a foreign one",
    ours: { ...ERROR_PAGE, status: 401, message: "Unauthorized" },
  },
  "other-scheme": {
    why: "Lucia compares hosts only; an origin is scheme, host and port",
    ours: { ...ERROR_PAGE, status: 401, message: "Unauthorized" },
  },
};
