-- Opens one point in time after the other.
function request()
   return wrk.format("POST", "/flights/_search/point_in_time?keep_alive=10m")
end

function response(status, _, body)
   if status ~= 200 then print("opening a point in time answered " .. status .. ": " .. body) end
end
