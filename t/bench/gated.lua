-- SPDX-License-Identifier: Apache-2.0
-- For wrk: each request carries one of the session ids in the file that stands behind "--" on the command line.

local requests = {}

function init(args)
    for id in io.lines(args[1]) do
        table.insert(requests, wrk.format("GET", nil, { Host = wrk.headers["Host"], Cookie = "auth_session=" .. id }))
    end
    math.randomseed(os.time())
end

function request()
    return requests[math.random(#requests)]
end
