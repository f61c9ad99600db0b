-- Runs before the bundle on a board whose heap is measured. While a piece of the gateway's is handled, Lua collects its garbage whenever it
-- may, and each collection reads what is left: the most of that is what the board needs. What is reported is how much more it is than
-- before the piece came; the piece itself counts.
local most = 0

local function used() return collectgarbage("count") * 1024 end

-- An object that nothing refers to is finalized at the end of every collection.
local function watch()
    local function finalize()
        if used() > most then most = used() end
        watch()
    end
    if newproxy then getmetatable(newproxy(true)).__gc = finalize else setmetatable({}, { __gc = finalize }) end
end
watch()

local createConnection = net.createConnection
function net.createConnection()
    local socket = createConnection()
    local on = socket.on
    function socket.on(self, event, handler)
        if event ~= "receive" then return on(self, event, handler) end
        on(self, event, function(from, data)
            local pause, factor = collectgarbage("setpause", 0), collectgarbage("setstepmul", newproxy and 0 or 1000000)
            collectgarbage()
            collectgarbage()
            most = 0
            collectgarbage()
            local before = most
            handler(from, data)
            local rise = most - before + #data
            collectgarbage("setpause", pause)
            collectgarbage("setstepmul", factor)
            print(string.format("#rise %d %d", #data, rise))
        end)
    end
    return socket
end

function takes() end
