-- SPDX-License-Identifier: Apache-2.0
-- Asks luciauth-verify of mod_luciauth about a request (doc/forward-auth.md), in HAProxy 2.6 or later:
--
--     http-request set-var(txn.luciauth_host) str(login.example.org)
--     http-request lua.luciauth http://127.0.0.1:8080/verify/members
--
-- txn.luciauth_host is the Host of the question; if it is not set, the host of the URL is. Sets txn.luciauth_status (the
-- answer's status; 503 if there is none), txn.luciauth_location and txn.luciauth_set_cookie. With 200, it replaces the
-- request's X-Lucia-* headers, its Cookie and its Authorization by those of the answer. A 200 without X-Lucia-User-Id is
-- not one of luciauth-verify, and counts as 503.

local CREDENTIALS = { "cookie", "authorization" }
local CLIENT = { "accept", "accept-language", "origin", "referer", "user-agent", "x-requested-with", "sec-fetch-mode",
    "sec-fetch-site", "sec-fetch-dest", "sec-websocket-key" }

local function values_of(headers, name)
    local values = {}
    local found = headers[name]
    if not found then return nil end
    for i = 0, #found do
        if found[i] ~= nil then values[#values + 1] = found[i] end
    end
    return values
end

local function first(headers, name)
    local values = headers and values_of(headers, name)
    return values and values[1]
end

-- The Upgrade of a WebSocket stays with its connection, and over HTTP/2 its handshake has no key.
local function version_of(sent)
    local upgrade = table.concat(values_of(sent, "upgrade") or {}, ","):lower()
    if upgrade:find("websocket", 1, true) then return { "13" } end
    return values_of(sent, "sec-websocket-version")
end

local function question(txn)
    local sent, host = txn.http:req_get_headers(), txn:get_var("txn.luciauth_host")
    local headers = {
        ["host"] = host and { host },
        ["x-forwarded-method"] = { txn.f:method() },
        ["x-forwarded-proto"] = { txn.f:ssl_fc() == 1 and "https" or "http" },
        ["x-forwarded-host"] = values_of(sent, "host"),
        ["x-forwarded-uri"] = { txn.f:pathq() },
        ["x-forwarded-for"] = { txn.f:src() },
    }
    for _, names in ipairs({ CREDENTIALS, CLIENT }) do
        for _, name in ipairs(names) do
            headers[name] = values_of(sent, name)
        end
    end
    headers["sec-websocket-version"] = version_of(sent)
    return headers
end

-- Nothing that a client has sent under one of these names reaches the application, even without an answer, nor does a
-- Connection that tells the next proxy to drop them. Applications may take any punctuation for a hyphen.
local function clear(txn)
    local sent = txn.http:req_get_headers()
    for name in pairs(sent) do
        if name:find("^x%Wlucia") then txn.http:req_del_header(name) end
    end
    for _, tokens in ipairs(values_of(sent, "connection") or {}) do
        if tokens:lower():find("x%Wlucia") then txn.http:req_del_header("connection") end
    end
end

-- Puts the client's own header in place, without what this module keeps for itself.
local function replace(txn, name, value)
    txn.http:req_del_header(name)
    if value and value ~= "" then txn.http:req_set_header(name, value) end
end

core.register_action("luciauth", { "http-req" }, function(txn, url)
    local asked, answer = pcall(function()
        return core.httpclient():get({ url = url, headers = question(txn), timeout = 10000 })
    end)
    local status = asked and answer and answer.status or 503
    local headers = asked and answer and answer.headers
    if status == 0 or (status == 200 and not first(headers, "x-lucia-user-id")) then status = 503 end
    clear(txn)
    txn:set_var("txn.luciauth_status", status)
    if not headers then return end
    local location, cookie = first(headers, "location"), first(headers, "set-cookie")
    if location then txn:set_var("txn.luciauth_location", location) end
    if cookie then txn:set_var("txn.luciauth_set_cookie", cookie) end
    if status ~= 200 then return end
    for name in pairs(headers) do
        if name:find("^x%-lucia%-") and name ~= "x-lucia-cookie" and name ~= "x-lucia-authorization" then
            txn.http:req_set_header(name, first(headers, name) or "")
        end
    end
    replace(txn, "cookie", first(headers, "x-lucia-cookie"))
    replace(txn, "authorization", first(headers, "x-lucia-authorization"))
end, 1)
