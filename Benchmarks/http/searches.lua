-- Term searches, ten hits each. The bodies come one a line from the file in $BODIES.
local requests = {}

function init(arguments)
   local headers = { ["Content-Type"] = "application/json" }
   for body in io.lines(os.getenv("BODIES")) do
      requests[#requests + 1] = wrk.format("POST", "/flights/_search", headers, body)
   end
end

local at = 0
function request()
   at = (at + 7919) % #requests
   return requests[at + 1]
end

function response(status)
   if status ~= 200 then print("a search answered " .. status) end
end
