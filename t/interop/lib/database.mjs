// SPDX-License-Identifier: Apache-2.0
// A database that Lucia v2 works on: SQLite in a file, PostgreSQL or MariaDB at a URL, each with Lucia's own adapter
// and the tables that its documentation has for it, and a username.
import { betterSqlite3 } from "@lucia-auth/adapter-sqlite";

const BUSY_TIMEOUT_MS = 10_000;
const CONNECTIONS = 10;

const TABLES = { user: "auth_user", key: "user_key", session: "user_session" };

const openSqlite = async (file) => {
  const { default: Database } = await import("libsql");
  const database = new Database(file, { timeout: BUSY_TIMEOUT_MS });
  const tables = { ...TABLES, user: "user" };
  return {
    tables,
    schema: [
      "CREATE TABLE IF NOT EXISTS user (id VARCHAR(15) NOT NULL PRIMARY KEY, username VARCHAR(31) NOT NULL UNIQUE)",
      `CREATE TABLE IF NOT EXISTS user_key (id VARCHAR(255) NOT NULL PRIMARY KEY, user_id VARCHAR(15) NOT NULL,
        hashed_password VARCHAR(255), FOREIGN KEY (user_id) REFERENCES user(id))`,
      `CREATE TABLE IF NOT EXISTS user_session (id VARCHAR(127) NOT NULL PRIMARY KEY, user_id VARCHAR(15) NOT NULL,
        active_expires BIGINT NOT NULL, idle_expires BIGINT NOT NULL, FOREIGN KEY (user_id) REFERENCES user(id))`,
    ],
    prepare: () => database.pragma("journal_mode = WAL"),
    adapter: () => betterSqlite3(database, tables),
    isTaken: (error) => error instanceof Database.SqliteError && error.code === "SQLITE_CONSTRAINT_UNIQUE",
    rows: async (sql, args) => database.prepare(sql).all(...args),
    run: async (sql, args) => database.prepare(sql).run(...args).changes,
    check: async () => database.prepare("PRAGMA integrity_check").get().integrity_check,
    close: () => database.close(),
  };
};

/** Nothing belongs to nobody. */
const checkOwners = async (rows) => {
  const lost = async (table) =>
    (await rows(`SELECT x.id FROM ${table} x LEFT JOIN auth_user u ON u.id = x.user_id WHERE u.id IS NULL`, [])).length;
  return (await lost("user_key")) + (await lost("user_session")) === 0 ? "ok" : "rows without a user";
};

const openPostgres = async (url) => {
  const { pg: adapter } = await import("@lucia-auth/adapter-postgresql");
  const { default: pg } = await import("pg");
  const forLucia = new pg.Pool({ connectionString: url, max: CONNECTIONS });
  const numbers = { getTypeParser: (oid, format) => (oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format)) };
  const beside = new pg.Pool({ connectionString: url, max: 1, types: numbers });
  const query = (sql, args) => {
    let count = 0;
    return beside.query(sql.replace(/\?/g, () => `$${(count += 1)}`), args);
  };
  const rows = async (sql, args) => (await query(sql, args)).rows;
  return {
    tables: TABLES,
    schema: [
      "CREATE TABLE IF NOT EXISTS auth_user (id TEXT PRIMARY KEY, username TEXT NOT NULL UNIQUE)",
      `CREATE TABLE IF NOT EXISTS user_key (id TEXT PRIMARY KEY, user_id TEXT NOT NULL REFERENCES auth_user(id),
        hashed_password TEXT)`,
      `CREATE TABLE IF NOT EXISTS user_session (id TEXT PRIMARY KEY, user_id TEXT NOT NULL REFERENCES auth_user(id),
        active_expires BIGINT NOT NULL, idle_expires BIGINT NOT NULL)`,
    ],
    prepare: () => {},
    adapter: () => adapter(forLucia, TABLES),
    isTaken: (error) => error.code === "23505" && error.table === TABLES.user,
    rows,
    run: async (sql, args) => (await query(sql, args)).rowCount,
    check: () => checkOwners(rows),
    close: () => Promise.all([forLucia.end(), beside.end()]),
  };
};

const openMysql = async (url) => {
  const { mysql2: adapter } = await import("@lucia-auth/adapter-mysql");
  const { default: mysql } = await import("mysql2/promise");
  const pool = mysql.createPool({ uri: url, connectionLimit: CONNECTIONS });
  const rows = async (sql, args) => (await pool.execute(sql, args))[0];
  return {
    tables: TABLES,
    schema: [
      "CREATE TABLE IF NOT EXISTS auth_user (id VARCHAR(15) NOT NULL PRIMARY KEY, username VARCHAR(31) NOT NULL UNIQUE) CHARSET utf8mb4",
      `CREATE TABLE IF NOT EXISTS user_key (id VARCHAR(255) NOT NULL PRIMARY KEY, user_id VARCHAR(15) NOT NULL,
        hashed_password VARCHAR(255), FOREIGN KEY (user_id) REFERENCES auth_user(id)) CHARSET utf8mb4`,
      `CREATE TABLE IF NOT EXISTS user_session (id VARCHAR(127) NOT NULL PRIMARY KEY, user_id VARCHAR(15) NOT NULL,
        active_expires BIGINT UNSIGNED NOT NULL, idle_expires BIGINT UNSIGNED NOT NULL,
        FOREIGN KEY (user_id) REFERENCES auth_user(id)) CHARSET utf8mb4`,
    ],
    prepare: () => {},
    adapter: () => adapter(pool, TABLES),
    isTaken: (error) => error.code === "ER_DUP_ENTRY",
    rows,
    run: async (sql, args) => (await rows(sql, args)).affectedRows,
    check: () => checkOwners(rows),
    close: () => pool.end(),
  };
};

const KINDS = { "postgres:": openPostgres, "mysql:": openMysql };

/**
 * @param {string} where a file, "postgres://..." or "mysql://..."
 * @returns tables (names), schema (statements), prepare(), adapter(), isTaken(error): a username is not free;
 *   rows(sql, args), run(sql, args): the rows that changed; check(): "ok"; close(). Arguments stand for "?".
 */
export const openDatabase = async (where) => (KINDS[/^\w+:(?=\/\/)/.exec(where)?.[0]] ?? openSqlite)(where);
