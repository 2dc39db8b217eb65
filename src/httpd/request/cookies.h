/* SPDX-License-Identifier: Apache-2.0 */
/* The Set-Cookie lines of an answer: the session's cookie, the device cookie, and that of the step before
 * a second factor. */
#ifndef LUCI_COOKIES_H
#define LUCI_COOKIES_H

#include "httpd/request/state.h"

/* Sets the session cookie, or clears it, also for an error response and after an internal redirect. When it
 * is cleared, Clear-Site-Data makes the browser drop the pages of the session, which may have ended
 * elsewhere. */
void luci_cookies_set_session(request_rec *r, const luci_session_t *session);
void luci_cookies_clear_session(request_rec *r);

/* The value of the device cookie in the request, unverified; NULL: none. */
const char *luci_cookies_device(request_rec *r);

void luci_cookies_set_device(request_rec *r, const char *value);

/* Clears the device cookie, if the request has one. */
void luci_cookies_clear_device(request_rec *r);

/* The same for the cookie of the step between password and second factor (core/auth/step.h). Only with
 * LuciaSecondFactor, except for clearing it. */
const char *luci_cookies_step(request_rec *r);
void luci_cookies_set_step(request_rec *r, const char *value);
void luci_cookies_clear_step(request_rec *r);

/* The cookie that makes the next sign-in page say that a password was set: no URL does, because anybody can
 * send a link. The first call returns 1 if the request has it, and clears it. */
int luci_cookies_take_password_set(request_rec *r);
void luci_cookies_set_password_set(request_rec *r);

#endif
