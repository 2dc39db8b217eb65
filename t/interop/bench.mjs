// SPDX-License-Identifier: Apache-2.0
// The application that t/bench measures mod_luciauth against: lucia@2.7.7 behind Express as in the guides, with a file
// that only signed-in visitors get. It is given every advantage that the guides leave open: the file is sent from
// memory, SQLite writes ahead, PostgreSQL's connections are pooled, NODE_ENV is production.
//
//   node bench.mjs --adapter sqlite|postgresql --database FILE|URL --content FILE [--processes N]
//
// It takes a free port; "listening URL" on standard output says which. It ends when its standard input closes, or on
// SIGTERM or SIGINT. With several processes (node:cluster) they share the port. Its tables are bench_user, bench_key
// and bench_session.
import "lucia/polyfill/node"; // Node.js 18 has no global `crypto`
import cluster from "node:cluster";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import express from "express";
import { LuciaError, lucia } from "lucia";
import { express as expressMiddleware } from "lucia/middleware";

const { values: options } = parseArgs({
  options: {
    adapter: { type: "string" },
    database: { type: "string" },
    content: { type: "string" },
    processes: { type: "string", default: "1" },
  },
});

const TABLES = { user: "bench_user", key: "bench_key", session: "bench_session" };
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS bench_user (
    id TEXT NOT NULL PRIMARY KEY,
    username TEXT NOT NULL UNIQUE
  );
  CREATE TABLE IF NOT EXISTS bench_key (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES bench_user (id),
    hashed_password TEXT
  );
  CREATE TABLE IF NOT EXISTS bench_session (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES bench_user (id),
    active_expires BIGINT NOT NULL,
    idle_expires BIGINT NOT NULL
  );`;
const BUSY_TIMEOUT_MS = 10_000;

const ADAPTERS = {
  sqlite: async (file) => {
    const { default: Database } = await import("libsql");
    const { betterSqlite3 } = await import("@lucia-auth/adapter-sqlite");
    const database = new Database(file, { timeout: BUSY_TIMEOUT_MS });
    database.pragma("journal_mode = WAL");
    return { adapter: betterSqlite3(database, TABLES), run: async (sql) => database.exec(sql) };
  },
  postgresql: async (connectionString) => {
    const { default: pg } = await import("pg");
    const { pg: pgAdapter } = await import("@lucia-auth/adapter-postgresql");
    const pool = new pg.Pool({ connectionString });
    return { adapter: pgAdapter(pool, TABLES), run: (sql) => pool.query(sql) };
  },
};

/** Express 4 does not look at the promise of a handler. */
const handler = (work) => (req, res, next) => work(req, res).catch(next);

const WRONG_CREDENTIALS = ["AUTH_INVALID_KEY_ID", "AUTH_INVALID_PASSWORD"];

const makeApplication = (auth, content) => {
  const signedIn = async (req, res, userId) => {
    const session = await auth.createSession({ userId, attributes: {} });
    auth.handleRequest(req, res).setSession(session);
    res.redirect(302, "/");
  };
  const app = express();
  app.use(express.urlencoded({ extended: true }));
  app.post("/signup", handler(async (req, res) => {
    const { username, password } = req.body;
    const user = await auth.createUser({
      key: { providerId: "username", providerUserId: username.toLowerCase(), password },
      attributes: { username },
    });
    await signedIn(req, res, user.userId);
  }));
  app.post("/login", handler(async (req, res) => {
    try {
      const { username, password } = req.body;
      const key = await auth.useKey("username", username.toLowerCase(), password);
      await signedIn(req, res, key.userId);
    } catch (error) {
      if (!(error instanceof LuciaError) || !WRONG_CREDENTIALS.includes(error.message)) throw error;
      res.status(400).send("Incorrect username or password");
    }
  }));
  app.post("/logout", handler(async (req, res) => {
    const authRequest = auth.handleRequest(req, res);
    const session = await authRequest.validate();
    if (!session) return res.sendStatus(401);
    await auth.invalidateSession(session.sessionId);
    authRequest.setSession(null);
    return res.redirect(302, "/login");
  }));
  app.get("/gated/file.txt", handler(async (req, res) => {
    const session = await auth.handleRequest(req, res).validate();
    if (!session) return res.sendStatus(401);
    return res.type("text/plain").send(content);
  }));
  return app;
};

const serve = async (adapter) => {
  const auth = lucia({
    adapter,
    middleware: expressMiddleware(),
    env: "PROD",
    getUserAttributes: ({ username }) => ({ username }),
  });
  const server = makeApplication(auth, readFileSync(options.content)).listen(0, "127.0.0.1");
  await once(server, "listening");
  return server.address().port;
};

const forkWorkers = async (count) => {
  const listening = Array.from({ length: count }, () => once(cluster.fork(), "listening"));
  cluster.on("exit", () => process.exit(1));
  const [[address]] = await Promise.all(listening);
  return address.port;
};

const { adapter, run } = await ADAPTERS[options.adapter](options.database);
const processes = Number(options.processes);
if (cluster.isWorker) {
  await serve(adapter);
} else {
  const stop = () => {
    for (const worker of Object.values(cluster.workers)) worker.process.kill("SIGKILL");
    process.exit(0);
  };
  process.once("SIGTERM", stop).once("SIGINT", stop);
  process.stdin.once("end", stop).once("error", stop).resume();
  await run(SCHEMA);
  const port = processes > 1 ? await forkWorkers(processes) : await serve(adapter);
  console.log(`listening http://127.0.0.1:${port}`);
}
