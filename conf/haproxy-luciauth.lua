-- SPDX-License-Identifier: Apache-2.0
-- Asks luciauth-verify of mod_luciauth about a request (doc/forward-auth.md), in HAProxy 2.6 or later:
--
--     http-request lua.luciauth http://127.0.0.1:8080/verify/members
--
-- Sets txn.luciauth_status (the answer's status; 503 if there is none), txn.luciauth_location and
-- txn.luciauth_set_cookie. With 200, it replaces the request's X-Lucia-* headers and its Cookie by those of the answer.

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

local function question(txn)
    local sent = txn.http:req_get_headers()
    local headers = {
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
    return headers
end

-- Nothing that a client has sent under one of these names reaches the application, even without an answer.
local function clear(txn)
    for name in pairs(txn.http:req_get_headers()) do
        if name:find("^x[-_]lucia") then txn.http:req_del_header(name) end
    end
end

core.register_action("luciauth", { "http-req" }, function(txn, url)
    local asked, answer = pcall(function()
        return core.httpclient():get({ url = url, headers = question(txn), timeout = 10000 })
    end)
    local status = asked and answer and answer.status or 503
    if status == 0 then status = 503 end
    clear(txn)
    txn:set_var("txn.luciauth_status", status)
    if not asked or not answer or not answer.headers then return end
    local location, cookie = first(answer.headers, "location"), first(answer.headers, "set-cookie")
    if location then txn:set_var("txn.luciauth_location", location) end
    if cookie then txn:set_var("txn.luciauth_set_cookie", cookie) end
    if status ~= 200 then return end
    for name in pairs(answer.headers) do
        if name:find("^x%-lucia%-") and name ~= "x-lucia-cookie" then
            txn.http:req_set_header(name, first(answer.headers, name) or "")
        end
    end
    local cookies = first(answer.headers, "x-lucia-cookie")
    txn.http:req_del_header("cookie")
    if cookies and cookies ~= "" then txn.http:req_set_header("cookie", cookies) end
end, 1)
