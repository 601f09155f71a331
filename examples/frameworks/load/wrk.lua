-- A thread sends either genuine or forged requests, so that each answer can be judged alone: wrk does not tell to which
-- request an answer belongs.
-- Arguments: the file of genuine requests, and that of the forged ones, which every second thread then sends.
local threads = {}

function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

function init(args)
  genuine = not args[2] or number % 2 == 0
  expected = genuine and 200 or 401
  right, wrong, requests, sent = 0, 0, {}, 0
  local file = assert(io.open(genuine and args[1] or args[2], "rb"))
  for text in file:read("*a"):gmatch("([^%z]+)%z") do
    table.insert(requests, text)
  end
  file:close()
end

function request()
  sent = sent + 1
  return requests[sent % #requests + 1]
end

function response(status)
  if status == expected then right = right + 1 else wrong = wrong + 1 end
end

function done(summary)
  local right, wrong = { [true] = 0, [false] = 0 }, 0
  for _, thread in ipairs(threads) do
    local class = thread:get("genuine")
    right[class] = right[class] + thread:get("right")
    wrong = wrong + thread:get("wrong")
  end
  local errors = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format("RESULT %d %d %d %d %.0f\n", right[true], right[false], wrong, errors,
    summary.requests / (summary.duration / 1e6)))
end
