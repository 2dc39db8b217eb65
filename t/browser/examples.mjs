// SPDX-License-Identifier: Apache-2.0
// Every page in every state worth looking at.

import { languages, render, template } from "./template.mjs";

const common = {
  login_url: "/login",
  signup_url: "/signup",
  logout_url: "/logout",
  home_url: "/",
  username_min: "4",
  username_max: "31",
  password_min: "6",
  password_max: "255",
};

const logo = "data:image/svg+xml,%3Csvg%20xmlns='http://www.w3.org/2000/svg'%20viewBox='0%200%204%204'%3E%3Cpath%20d='M0%204L2%200L4%204'/%3E%3C/svg%3E";

// An app that is to be set up, and the code of its URI: a row of modules for each number, in hex.
const modules = `
1fd1532497f 105ea8e5541 174677ffb5d 175644d015d 174044b125d 104f8619f41 1fd5555557f 17e946f00 16e6ae82a4b 7a97fe163f
1a66d17c1da 17bb1448041 56f5ec6b2f 3915ce196a 13dfe8533eb 5b9d7d543a e0d3e2d91 111aad243a8 df0f99e570 1831506cfee
a72975d2db 53f7dfbb73 1aebf5394ae 1606764c780 448bb75934 11098f17f8f d6dfb406db 1e354195018 8d83c4373a adfe5d76b
13501133228 5063d54e2c 969c7bc5fd 19c747f17 1fd1c8e4752 105054cdb10 174c94e11f0 175f1cb2bba 17571f1d723 1043c1a759a
1fda89f87ea`.trim().split(/\s+/).map((row) => BigInt(`0x${row}`).toString(2).padStart(41, "0"));
const passkey = {
  passkey_url: "/account/passkey", passkey_script: "/account/passkey.js", passkey_token: "1.AAAA.BBBB.CCCC", passkey_challenge: "AAECAwQ",
  passkey_party: "site.example", passkey_verification: "required", passkey_timeout: "600000",
};
const app = {
  secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
  secret_text: "JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP",
  uri: "otpauth://totp/Example:lovelace?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Example",
  qr_size: "49",
  qr_path: modules.map((row, y) => [...row.matchAll(/1+/g)].map(({ 0: run, index }) => `M${index + 4} ${y + 4}h${run.length}v1h-${run.length}z`).join("")).join(""),
};

// [name of the state, template, values]; field says where the error belongs, the form as a whole unless told.
const states = [
  ["login", "login", {}],
  ["login-next", "login", { next: "/private/?a=1&b=2" }],
  ["login-refused", "login", { username: "ada", error: "Incorrect username or password" }],
  ["login-username", "login", { username: "a".repeat(40), error: "Invalid username", field: "username" }],
  ["login-password", "login", { username: "ada", error: "Invalid password", field: "password" }],
  ["login-site", "login", { site_name: "Alpine Club of the North", site_logo: logo, has_footer: "1" }],
  ["login-no-signup", "login", { signup_url: "" }],
  ["login-email", "login", { takes_email: "1" }],
  ["login-forgot", "login", { forgot_url: "/forgot" }],
  ["login-adopt", "login", { forgot_url: "/forgot", adopt_url: "/sign-in/company" }],
  ["adopt", "adopt", { is_known: "1", username: "lovelace", identity: "0".repeat(64) }],
  ["adopt-other", "adopt", { is_known: "1", username: "lovelace", other_username: "babbage", identity: "0".repeat(64), next: "/private/" }],
  ["adopt-late", "adopt", { is_known: "1", username: "W".repeat(31), error: "You are signed in with another name now", field: "form" }],
  ["adopt-new", "adopt", { is_new: "1", username: "lovelace", focus_username: "1" }],
  ["adopt-taken", "adopt", { is_new: "1", username: "lovelace", focus_username: "1", error: "Username already taken", field: "username" }],
  ["adopt-attributes", "adopt", { is_new: "1", username: "lovelace", focus_username: "1", attributes: [
    { name: "display_name", label: "Display name", type: "text", autocomplete: "nickname", required: "1" },
  ] }],
  ["forgot", "forgot", { asks: "1" }],
  ["forgot-email", "forgot", { asks: "1", takes_email: "1" }],
  ["forgot-refused", "forgot", { asks: "1", error: "Invalid username", field: "username", status: "400" }],
  ["forgot-often", "forgot", { asks: "1", takes_email: "1", username: "ada@example.org", error: "Too many attempts. Try again in 60 minutes.", field: "form", status: "429" }],
  ["forgot-requested", "forgot", { is_requested: "1" }],
  ["login-passkey", "login", { next: "/private/", ...passkey }],
  ["signup", "signup", {}],
  ["signup-username", "signup", { username: "ada", error: "Invalid username", field: "username" }],
  ["signup-username-empty", "signup", { error: "Invalid username", field: "username" }],
  ["signup-attributes", "signup", { attributes: [
    { name: "email", label: "Email", type: "email", autocomplete: "email", required: "1" },
    { name: "display_name", label: "Display name", type: "text", autocomplete: "nickname" },
  ] }],
  ["signup-invite", "signup", { asks_invite: "1", invite: "k2v9q4w8z1x7c3bk2v9q4w8z1x7c3b00" }],
  ["signup-invite-wrong", "signup", { asks_invite: "1", username: "lovelace", invite: "k2v9", error: "This invitation is not valid", field: "invite" }],
  ["waiting", "waiting", { username: "lovelace" }],
  ["waiting-long", "waiting", { username: '"><svg onload=alert(1)>' + "W".repeat(8) }],
  ["login-waiting", "login", { username: "lovelace", error: "This account is waiting for approval" }],
  ["signup-taken", "signup", { username: "lovelace", error: "Username already taken", field: "username" }],
  ["signup-password", "signup", { username: "lovelace", error: "Invalid password", field: "password" }],
  ["signup-unavailable", "signup", { username: "lovelace", error: "Service temporarily unavailable", field: "form" }],
  ["profile", "profile", { user_id: "k2v9q4w8z1x7c3b", username: "lovelace" }],
  ["profile-links", "profile", { user_id: "k2v9q4w8z1x7c3b", username: "lovelace", password_url: "/password", sessions_url: "/sessions", activity_url: "/activity", email_url: "/email", username_url: "/username", delete_url: "/delete" }],
  ["password", "password", { username: "lovelace", account_url: "/", end_sessions: "1" }],
  ["password-current", "password", { username: "lovelace", account_url: "/", error: "Incorrect password", field: "current" }],
  ["password-new", "password", { username: "lovelace", account_url: "/", end_sessions: "1", error: "Invalid password", field: "password" }],
  ["password-unavailable", "password", { username: "lovelace", account_url: "/", error: "Service temporarily unavailable", field: "form" }],
  ["factor", "factor", { username: "lovelace", has_code: "1", has_totp: "1", has_recovery: "1", next: "/private/", switch_url: "/login?next=/private/" }],
  ["factor-wrong", "factor", { username: "lovelace", has_code: "1", has_totp: "1", switch_url: "/login", error: "Incorrect code", field: "code" }],
  ["factor-late", "factor", { username: "lovelace", has_code: "1", has_totp: "1", has_recovery: "1", switch_url: "/login", error: "Too many attempts. Try again in 15 minutes.", field: "form" }],
  ["factor-passkey", "factor", { username: "lovelace", no_code: "1", switch_url: "/login", passkey_allow: "Y3JlZGVudGlhbA", ...passkey }],
  ["error-late", "error", { error: "Sign-in took too long. Sign in again.", status: "401", sign_in_url: "/login?next=/private/" }],
  ["passkey", "passkey", { next: "/private/", ...passkey }],
  ["passkey-refused", "passkey", { error: "This passkey cannot be used here", field: "form", status: "400", ...passkey }],
  ["passkey-unavailable", "passkey", { unavailable: "1" }],
  ["passkeys", "passkeys", { username: "lovelace", account_url: "/", name: "Firefox, Linux", ...passkey, passkeys: [
    { tag: "98cf03287670", name: "My phone", since: "2026-11-22 18:30 UTC", last_used: "2026-11-29 08:15 UTC", backed_up: "1" },
    { tag: "76094d07689c", name: '"><svg onload=alert(1)>' + "W".repeat(40), since: "2026-11-20 08:15 UTC", last_used: "" }] }],
  ["passkeys-empty", "passkeys", { username: "lovelace", account_url: "/", is_empty: "1", name: "Firefox, Linux", ...passkey }],
  ["passkeys-one", "passkeys", { username: "lovelace", account_url: "/", name: "Firefox, Linux", ...passkey, passkeys: [
    { tag: "98cf03287670", name: "My phone", since: "2026-11-22 18:30 UTC", last_used: "2026-11-29 08:15 UTC", backed_up: "1" }] }],
  ["passkeys-needed", "passkeys", { username: "lovelace", account_url: "", sign_out_url: "/logout", is_needed: "1", is_empty: "1", name: "Firefox, Linux", ...passkey }],
  ["passkeys-unavailable", "passkeys", { username: "lovelace", account_url: "/", is_empty: "1", unavailable: "1" }],
  ["confirm-passkey", "confirm", { has_password: "1", username: "lovelace", switch_url: "/logout", ...passkey }],
  ["confirm", "confirm", { has_password: "1", username: "lovelace", next: "/private/", switch_url: "/logout?next=/private/" }],
  ["confirm-adopt", "confirm", { username: "lovelace", switch_url: "/logout", adopt_url: "/sign-in/company" }],
  ["confirm-password-or-adopt", "confirm", { has_password: "1", username: "lovelace", switch_url: "/logout", adopt_url: "/sign-in/company" }],
  ["confirm-wrong", "confirm", { has_password: "1", username: "lovelace", switch_url: "/logout", error: "Incorrect password", field: "password" }],
  ["confirm-other", "confirm", { has_password: "1", username: "lovelace", switch_url: "/logout", error: "You are signed in with another name now", field: "form" }],
  ["sessions", "sessions", { account_url: "/", others: "1", sessions: [
    { tag: "0f3a9c1b77de", current: "1", browser: "Firefox", system: "Linux", address: "192.0.2.7", since: "2026-11-22 18:30 UTC", last_seen: "2026-11-22 18:30 UTC" },
    { tag: "77de0f3a9c1b", other: "1", browser: "Safari", system: "iOS", address: "2001:db8::7", since: "2026-11-20 08:15 UTC", last_seen: "2026-11-21 21:02 UTC" },
    { tag: "9c1b77de0f3a", other: "1", browser: "curl/8.5.0", system: "", address: "", since: "", last_seen: "" }] }],
  ["sessions-alone", "sessions", { account_url: "/", incomplete: "1", sessions: [{ tag: "0f3a9c1b77de", current: "1", browser: "", system: "", address: "" }] }],
  ["activity", "activity", { account_url: "/", password_url: "/password", activity: [
    { sign_in: "1", at: "2026-11-22T18:30:00.000Z", time: "2026-11-22 18:30 UTC", address: "192.0.2.7", browser: "Firefox", system: "Linux", known_device: "1" },
    { wrong_password: "1", failed: "1", at: "2026-11-21T07:11:00.000Z", time: "2026-11-21 07:11 UTC", address: "2001:db8::7", browser: "curl/8.5.0", system: "" },
    { password_change: "1", at: "2026-11-20T08:15:00.000Z", time: "2026-11-20 08:15 UTC", address: "", browser: "", system: "" }] }],
  ["activity-empty", "activity", { account_url: "/", is_empty: "1" }],
  ["app-passwords", "app-passwords", { username: "lovelace", account_url: "/", factors_url: "/factors", app_passwords: [
    { tag: "98cf03287670", name: "git on my laptop", created: "2026-11-22 18:30 UTC", last_used: "2026-11-29 08:15 UTC" },
    { tag: "76094d07689c", name: '"><svg onload=alert(1)>' + "W".repeat(40), created: "2026-11-20 08:15 UTC", unused: "1" }] }],
  ["app-passwords-empty", "app-passwords", { username: "lovelace", account_url: "/" }],
  ["app-passwords-made", "app-passwords", { username: "lovelace", account_url: "/", app_password: "v4kqz1m0t8w2c9xg3hb7n5sj6rd0pfy1l2ae8ui3", app_password_name: "my phone", app_passwords: [
    { tag: "98cf03287670", name: "my phone", created: "2026-11-22 18:30 UTC", unused: "1" }] }],
  ["app-passwords-name", "app-passwords", { username: "lovelace", account_url: "/", typed: "\u200b", error: "Invalid name", field: "name", status: "400" }],
  ["app-passwords-full", "app-passwords", { username: "lovelace", account_url: "/", typed: "my phone", error: "Too many app passwords", status: "409" }],
  ["factors", "factors", { username: "lovelace", account_url: "/", sessions_url: "/sessions", totp_url: "/factors/totp", app_passwords: "0", app_passwords_url: "/factors/app" }],
  ["factors-app", "factors", { username: "lovelace", account_url: "/", sessions_url: "/sessions", passkeys: "1", passkeys_url: "/passkeys", totp: "1", has_factor: "1", recovery_codes: "10", app_passwords: "2", app_passwords_url: "/factors/app" }],
  ["factors-no-codes", "factors", { username: "lovelace", account_url: "/", totp: "1", has_factor: "1", recovery_codes: "0", no_recovery_codes: "1", app_passwords: "0", app_passwords_url: "/factors/app" }],
  ["factors-totp", "factors-totp", { username: "lovelace", factors_url: "/factors", ...app }],
  ["factors-totp-wrong", "factors-totp", { username: "lovelace", factors_url: "/factors", ...app, end_sessions: "1", error: "Incorrect code", field: "code" }],
  ["factors-totp-other", "factors-totp", { username: "lovelace", factors_url: "/factors", ...app, error: "You are signed in with another name now", field: "form" }],
  ["recovery-codes", "recovery-codes", { next_url: "/factors", sessions_url: "/sessions", recovery_codes: Array.from({ length: 10 }, (_, i) => ({ code: `${"ABCDEFGHIJ"[i]}4KQ-2MZX-N7PD-WE3R-TY5U-HJ6L` })) }],
  ["username", "username", { username: "lovelace", current_username: "lovelace", account_url: "/" }],
  ["username-taken", "username", { username: "byron", current_username: "lovelace", account_url: "/", error: "Username already taken", field: "username" }],
  ["username-other", "username", { username: "byron", current_username: "lovelace", account_url: "/", error: "You are signed in with another name now", field: "form" }],
  ["email-none", "email", { has_none: "1", current_username: "lovelace", account_url: "/" }],
  ["email-unverified", "email", { email: "ada@example.org", is_unverified: "1", awaited: "ada@example.org", has_resend: "1", current_username: "lovelace", account_url: "/" }],
  ["email-needed", "email", { email: "ada@example.org", is_unverified: "1", awaited: "ada@example.org", has_resend: "1", current_username: "lovelace", is_needed: "1", next_url: "/private/", sign_out_url: "/logout" }],
  ["email-awaited", "email", { email: "ada@example.org", is_verified: "1", awaited: `${"w".repeat(60)}@example.com`, has_resend: "1", current_username: "lovelace", account_url: "/" }],
  ["email-wrong", "email", { email: "ada@example.org", is_verified: "1", typed: "ada@", current_username: "lovelace", account_url: "/", error: "Invalid email address", field: "email", status: "400" }],
  ["verify", "verify", { asks_to_verify: "1", email: "ada@example.org", username: "lovelace", token: "k2v9q4w8z1x7c3bk2v9q4w8z1x7c3b00" }],
  ["verify-done", "verify", { is_verified: "1", email: "ada@example.org", username: "lovelace", account_url: "/" }],
  ["verify-undo", "verify", { asks_to_undo: "1", email: "ada@example.org", username: "lovelace", token: "k2v9q4w8z1x7c3bk2v9q4w8z1x7c3b00" }],
  ["verify-undone", "verify", { is_undone: "1", email: "ada@example.org", username: "lovelace", account_url: "/", forgot_url: "/forgot" }],
  ["delete", "delete", { username: "lovelace", account_url: "/" }],
  ["delete-wrong", "delete", { username: "lovelace", typed: "byron", account_url: "/", error: "Incorrect username", field: "username" }],
  ["delete-in-use", "delete", { username: "lovelace", typed: "lovelace", account_url: "/", error: "This account is still in use and cannot be deleted", field: "form", status: "409" }],
  ["login-password-set", "login", { is_password_set: "1" }],
  ["reset", "reset", { username: "lovelace", token: "k2v9q4w8z1x7c3bk2v9q4w8z1x7c3b00" }],
  ["reset-weak", "reset", { username: "lovelace", token: "k2v9q4w8z1x7c3bk2v9q4w8z1x7c3b00", error: "Password is too common", field: "password" }],
  ["profile-details", "profile", { user_id: "k2v9q4w8z1x7c3b", username: "lovelace", details: [{ label: "Email", value: "ada@example.org" }, { label: "Phone", value: "" }], edit_url: "/confirm?next=/", password_url: "/password" }],
  ["profile-form", "profile", { user_id: "k2v9q4w8z1x7c3b", username: "lovelace", has_form: "1", password_url: "/password", sessions_url: "/sessions", activity_url: "/activity", username_url: "/username", delete_url: "/delete", attributes: [
    { name: "email", label: "Email", type: "email", autocomplete: "email", value: "ada@example.org", required: "1" },
    { name: "display_name", label: "Display name", type: "text", autocomplete: "nickname", value: "Ada" }] }],
  ["profile-form-wrong", "profile", { user_id: "k2v9q4w8z1x7c3b", username: "lovelace", has_form: "1", error: "Invalid email address", field: "attribute", status: "400", attributes: [
    { name: "email", label: "Email", type: "email", autocomplete: "email", value: "ada@", required: "1", row_error: "Invalid email address", focus: "1" }] }],
  ["profile-form-other", "profile", { user_id: "k2v9q4w8z1x7c3b", username: "lovelace", has_form: "1", error: "You are signed in with another name now", status: "400", attributes: [
    { name: "email", label: "Email", type: "email", autocomplete: "email", value: "ada@example.org", required: "1" }] }],
  ["profile-long", "profile", { user_id: "k2v9q4w8z1x7c3b", username: '"><svg onload=alert(1)>' + "W".repeat(8) }],
  ["logout", "logout", { username: "lovelace", sign_out_url: "/logout" }],
  ["logout-again", "logout", { signed_out: "You are signed out", status: "401" }],
  ["signed-in", "signed-in", { username: "lovelace" }],
  ["unauthorized", "unauthorized", { error: "Unauthorized", status: "401", sign_in_url: "/login?next=/login%3Ftab%3D1" }],
  ["unauthorized-confirm", "unauthorized", { error: "Confirmation required", status: "401", confirm_url: "/confirm?next=/login%3Ftab%3D1" }],
  ["unauthorized-email", "unauthorized", { error: "Email address not confirmed", status: "403", email_url: "/email?next=/login%3Ftab%3D1" }],
  ["forbidden", "forbidden", { username: "lovelace", error: "Forbidden", status: "403", switch_url: "/logout?next=/private/", start_url: "/" }],
  ["forbidden-long", "forbidden", { username: `${"W".repeat(29)}\u05d0!`, switch_url: "/logout", start_url: "/" }],
  ["error-401", "error", { error: "Unauthorized", status: "401", sign_in_url: "/login" }],
  ["error-405", "error", { error: "Method not allowed", status: "405", start_url: "/" }],
  ["error-503", "error", { error: "Service temporarily unavailable", status: "503", start_url: "/" }],
];

function drawn([name, page, { field = "form", ...values }], language = "en") {
  const placed = values.error ? { [`${field}_error`]: values.error } : {};
  const first = page === "password" ? "current" : "username";
  const isPasswordNext = field === "password" || (first === "username" && values.username && field !== "username");
  placed[field === "invite" ? "focus_invite" : isPasswordNext ? "focus_password" : `focus_${first}`] = "1";
  const html = render(template(page, language), { page_language: language, ...common, ...values, ...placed });
  return { name, field, error: values.error, html };
}

export const examples = states.map((state) => drawn(state));

/** States that have words which the first state of their page does not have. */
const further = ["signup-invite-wrong"];

/** Each page once in each other language. */
export const translations = languages.slice(1).flatMap((language) =>
  states
    .filter(([name, page], i) => further.includes(name) || states.findIndex(([, other]) => other === page) === i)
    .map((state) => ({ ...drawn(state, language), name: `${language}/${further.includes(state[0]) ? state[0] : state[1]}` })),
);
