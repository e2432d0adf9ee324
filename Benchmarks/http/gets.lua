-- Gets by id, in an order that jumps about. The ids come one a line from the file in $IDS.
local paths = {}

function init(arguments)
   for id in io.lines(os.getenv("IDS")) do paths[#paths + 1] = "/flights/_doc/" .. id end
end

local at = 0
function request()
   at = (at + 7919) % #paths
   return wrk.format("GET", paths[at + 1])
end

function response(status)
   if status ~= 200 then print("a get answered " .. status) end
end
