-- Walks the point in time in $PIT by pages of 1,000 hits, from the start again when it is through.
local headers = { ["Content-Type"] = "application/json" }
local head = '{"size":1000,"pit":{"id":"' .. os.getenv("PIT") .. '"},"sort":[{"time_hour":"asc"},{"_shard_doc":"asc"}]'
local after = ""

function request()
   return wrk.format("POST", "/_search", headers, head .. after .. "}")
end

function response(status, _, body)
   if status ~= 200 then print("a page answered " .. status .. ": " .. body) end
   -- The sort values of the last hit stand within the last few hundred bytes.
   local last = string.match(string.sub(body, -300), '"sort":(%[[^%]]*%])')
   after = last and ',"search_after":' .. last or ""
end
