-- SPDX-License-Identifier: Apache-2.0
-- For wrk: posts the form that stands behind "--" on the command line, and counts the sign-ins that really were some.
-- With "patient" behind it, as many clients pause as were sent away with 503, for as long as Retry-After said.
-- The seconds end with the last answer: what was still under way when wrk stopped is in neither number.

local ffi = require("ffi")
ffi.cdef [[
    typedef struct { long seconds, microseconds; } luci_time;
    int gettimeofday(luci_time *, void *);
]]
local clock = ffi.new("luci_time")

local function now()
    ffi.C.gettimeofday(clock, nil)
    return tonumber(clock.seconds) + tonumber(clock.microseconds) / 1e6
end

local threads = {}

function setup(thread)
    table.insert(threads, thread)
end

local owed = {} -- milliseconds of pauses not yet made

function init(args)
    patient = args[2] == "patient"
    good, busy, bad = 0, 0, 0
    first, last = nil, 0
    wrk.method = "POST"
    wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
    wrk.body = args[1]
end

function request()
    first = first or now()
    return wrk.format()
end

function delay()
    return table.remove(owed) or 0
end

function response(status, headers)
    last = now()
    if status == 302 and headers["Set-Cookie"] then
        good = good + 1
    elseif status == 503 and headers["Retry-After"] then
        busy = busy + 1
        if patient then
            table.insert(owed, 1000 * tonumber(headers["Retry-After"]))
        end
    else
        bad = bad + 1
    end
end

function done()
    local sum = { good = 0, busy = 0, bad = 0 }
    local start, stop = math.huge, 0
    for _, thread in ipairs(threads) do
        for name, count in pairs(sum) do
            sum[name] = count + thread:get(name)
        end
        start = math.min(start, thread:get("first") or start)
        stop = math.max(stop, thread:get("last"))
    end
    print(("signed in: %d, busy: %d, refused: %d, seconds: %.3f"):format(sum.good, sum.busy, sum.bad, stop - start))
end
