// SPDX-License-Identifier: Apache-2.0
// The application of Lucia v2's "Sign in with username and password" guides, rebuilt from the public API of
// lucia@2.7.7: the HTML forms of the Express guide and, below /api/, the JSON endpoints of the Next.js Pages Router
// guide, in one Express server on one database. The tests beside it compare mod_luciauth with it.
//
//   node guide.mjs [--port N] [--database FILE|postgres://...|mysql://...]
//
// Port 0 (the default) takes a free one; "listening URL" on standard output says which. It ends on SIGTERM, on SIGINT
// and when its standard input closes, so that it never outlives the test that started it.
// Environment: LUCIA_ENV=DEV|PROD (PROD sets Secure), LUCIA_ACTIVE_PERIOD and LUCIA_IDLE_PERIOD in milliseconds.
//
// Where it departs from the guides: values in pages are escaped (the example project writes them raw), and a rejected
// promise becomes a 500 instead of ending the process (Express 4 leaves it unhandled; `Origin: null` at sign-out
// is enough for that). A 405 of the API is sent, where the guide's handler returns without answering.
import "lucia/polyfill/node"; // Node.js 18 has no global `crypto`
import { once } from "node:events";
import { parseArgs } from "node:util";
import express from "express";
import { LuciaError, lucia } from "lucia";
import { express as expressMiddleware, nextjs_future } from "lucia/middleware";
import { openDatabase } from "./lib/database.mjs";

const { values: options } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    database: { type: "string", default: ":memory:" },
  },
});

const database = await openDatabase(options.database);
await database.prepare();
for (const statement of database.schema) await database.run(statement, []);

const milliseconds = (name) => (process.env[name] ? Number(process.env[name]) : undefined);

const makeAuth = (middleware) =>
  lucia({
    adapter: database.adapter(),
    middleware,
    env: process.env.LUCIA_ENV === "PROD" ? "PROD" : "DEV",
    sessionExpiresIn: {
      activePeriod: milliseconds("LUCIA_ACTIVE_PERIOD"),
      idlePeriod: milliseconds("LUCIA_IDLE_PERIOD"),
    },
    getUserAttributes: ({ username }) => ({ username }),
  });

const SIGN_UP_LIMITS = { username: [4, 31], password: [6, 255] };
const SIGN_IN_LIMITS = { username: [1, 31], password: [1, 255] };

class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const fits = (value, [least, most]) =>
  typeof value === "string" && value.length >= least && value.length <= most;

const checkCredentials = ({ username, password }, limits) => {
  if (!fits(username, limits.username)) throw new Refusal(400, "Invalid username");
  if (!fits(password, limits.password)) throw new Refusal(400, "Invalid password");
  return { username, password };
};

const keyOf = (username) => username.toLowerCase();

/** As the guides have it: only a UNIQUE violation is "taken", any other error of the database is unknown. */
const signUp = async (auth, body) => {
  const { username, password } = checkCredentials(body, SIGN_UP_LIMITS);
  try {
    const user = await auth.createUser({
      key: { providerId: "username", providerUserId: keyOf(username), password },
      attributes: { username },
    });
    return await auth.createSession({ userId: user.userId, attributes: {} });
  } catch (error) {
    if (database.isTaken(error)) throw new Refusal(400, "Username already taken");
    throw error;
  }
};

const WRONG_CREDENTIALS = ["AUTH_INVALID_KEY_ID", "AUTH_INVALID_PASSWORD"];

const signIn = async (auth, body) => {
  const { username, password } = checkCredentials(body, SIGN_IN_LIMITS);
  try {
    const key = await auth.useKey("username", keyOf(username), password);
    return await auth.createSession({ userId: key.userId, attributes: {} });
  } catch (error) {
    if (error instanceof LuciaError && WRONG_CREDENTIALS.includes(error.message))
      throw new Refusal(400, "Incorrect username or password");
    throw error;
  }
};

const refusalOf = (error) =>
  error instanceof Refusal ? error : new Refusal(500, "An unknown error occurred");

/** Express 4 does not look at the promise of a handler. */
const handler = (work) => (req, res, next) => work(req, res).catch(next);

const redirect = (res, location) => res.status(302).setHeader("Location", location).end();

// The Express guide: pages.

const HTML_ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const escapeHtml = (text) => text.replace(/[&<>"']/g, (character) => HTML_ENTITIES[character]);

const sendPage = (res, status, title, body) =>
  res
    .status(status)
    .type("html")
    .send(`<!doctype html>\n<html lang="en"><title>${title}</title>\n<h1>${title}</h1>\n${body}\n</html>\n`);

const formPage = (title, otherPage) => (res, status, { username = "", error = "" } = {}) =>
  sendPage(
    res,
    status,
    title,
    `<form method="post">
<label>Username <input name="username" value="${escapeHtml(username)}"></label>
<label>Password <input name="password" type="password"></label>
<button>${title}</button>
</form>
<p class="error">${escapeHtml(error)}</p>
${otherPage}`,
  );

const PAGES = {
  "/signup": { show: formPage("Sign up", '<a href="/login">Sign in</a>'), submit: signUp },
  "/login": { show: formPage("Sign in", '<a href="/signup">Create an account</a>'), submit: signIn },
};

const pages = express.Router();
const pagesAuth = makeAuth(expressMiddleware());

for (const [path, { show, submit }] of Object.entries(PAGES)) {
  pages.get(
    path,
    handler(async (req, res) => {
      const session = await pagesAuth.handleRequest(req, res).validate();
      if (session) redirect(res, "/");
      else show(res, 200);
    }),
  );
  pages.post(
    path,
    handler(async (req, res) => {
      try {
        const session = await submit(pagesAuth, req.body);
        pagesAuth.handleRequest(req, res).setSession(session);
        redirect(res, "/");
      } catch (error) {
        const { status, message } = refusalOf(error);
        const { username } = req.body;
        const kept = status === 400 && typeof username === "string" ? username : "";
        show(res, status, { username: kept, error: message });
      }
    }),
  );
}

pages.get(
  "/",
  handler(async (req, res) => {
    const session = await pagesAuth.handleRequest(req, res).validate();
    if (!session) return redirect(res, "/login");
    const { userId, username } = session.user;
    return sendPage(
      res,
      200,
      "Profile",
      `<p>User id: ${escapeHtml(userId)}</p>
<p>Username: ${escapeHtml(username)}</p>
<form method="post" action="/logout"><button>Sign out</button></form>`,
    );
  }),
);

const signOut = async (auth, authRequest) => {
  const session = await authRequest.validate();
  if (!session) return false;
  await auth.invalidateSession(session.sessionId);
  authRequest.setSession(null);
  return true;
};

pages.post(
  "/logout",
  handler(async (req, res) => {
    if (await signOut(pagesAuth, pagesAuth.handleRequest(req, res))) redirect(res, "/login");
    else res.status(401).send("Unauthorized");
  }),
);

// The Pages Router guide: JSON.

const api = express.Router();
const apiAuth = makeAuth(nextjs_future());

const postOnly = (work) =>
  handler(async (req, res) => (req.method === "POST" ? work(req, res) : res.status(405).end()));

for (const [path, submit] of [["/signup", signUp], ["/login", signIn]]) {
  api.all(
    path,
    postOnly(async (req, res) => {
      try {
        const session = await submit(apiAuth, req.body);
        apiAuth.handleRequest({ req, res }).setSession(session);
        redirect(res, "/");
      } catch (error) {
        const { status, message } = refusalOf(error);
        res.status(status).json({ error: message });
      }
    }),
  );
}

api.all(
  "/logout",
  postOnly(async (req, res) => {
    if (await signOut(apiAuth, apiAuth.handleRequest({ req, res }))) redirect(res, "/login");
    else res.status(401).json({ error: "Unauthorized" });
  }),
);

const app = express();
app.set("env", "production"); // no stack traces in answers
app.use(express.urlencoded({ extended: true }), express.json());
app.use("/api", api);
app.use(pages);
app.use((error, req, res, next) => {
  if (res.headersSent) return next(error);
  return res.status(error.status ?? 500).type("text").send(error.status ? "Bad request" : "Internal error");
});

const server = app.listen(Number(options.port), "127.0.0.1");
await once(server, "listening");

const stop = () => {
  server.closeAllConnections();
  server.close(async () => {
    await database.close();
    process.exit(0);
  });
};
process.once("SIGTERM", stop).once("SIGINT", stop);
process.stdin.once("end", stop).once("error", stop).resume();

console.log(`listening http://127.0.0.1:${server.address().port}`);
