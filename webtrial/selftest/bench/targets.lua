-- wrk: requests each line of $TARGETS in turn; its last line of output is JSON.

local targets, at = {}, 0
for target in os.getenv("TARGETS"):gmatch("[^\n]+") do
  targets[#targets + 1] = target
end

function request()
  at = at % #targets + 1
  return wrk.format("GET", targets[at])
end

function done(summary, latency)
  local e = summary.errors
  local errors = e.connect + e.read + e.write + e.status + e.timeout
  io.write(string.format('{"requests": %d, "seconds": %f, "errors": %d, "p50_ms": %f}\n',
    summary.requests, summary.duration / 1e6, errors, latency:percentile(50) / 1000))
end
