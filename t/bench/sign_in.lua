-- SPDX-License-Identifier: Apache-2.0
-- For wrk: posts the form that stands behind "--" on the command line, and counts the sign-ins that really were some.

local threads = {}

function setup(thread)
    table.insert(threads, thread)
end

function init(args)
    good, bad = 0, 0
    wrk.method = "POST"
    wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
    wrk.body = args[1]
end

function response(status, headers)
    if status == 302 and headers["Set-Cookie"] then
        good = good + 1
    else
        bad = bad + 1
    end
end

function done(summary)
    local all_good, all_bad = 0, 0
    for _, thread in ipairs(threads) do
        all_good = all_good + thread:get("good")
        all_bad = all_bad + thread:get("bad")
    end
    print(("signed in: %d, refused: %d, seconds: %.3f"):format(all_good, all_bad, summary.duration / 1e6))
end
