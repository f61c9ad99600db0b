-- node: ESP8266's app/modules/node.c, ESP32's components/modules/node.c.
local esp32 = F.board == "esp32"

node = {}
node.task = { LOW_PRIORITY = 0, MEDIUM_PRIORITY = 1, HIGH_PRIORITY = 2 }

function node.task.post(first, second)
    local task = second or first
    if type(task) ~= "function" then error("invalid function") end
    F.post(task)
end

-- What the SDK leaves of the memory, less what the program has taken of Lua's heap.
local function heap()
    local fine, used = pcall(collectgarbage, "count")
    return fine and math.floor(used * 1024) or 0
end
local own

function F.events.base()
    pcall(collectgarbage)
    own = heap()
end

function node.heap() return (esp32 and 180000 or 45000) + own - heap() end

function node.restart()
    F.out("restart")
    F.dead = true
    error("restart")
end

function node.stripdebug() return 3 end

function node.chipid() return esp32 and "0x" .. string.gsub(F.mac, ":", "") or 1234567 end

if esp32 then
    -- with floating point the low 53 bits and what is above; a float of 32 bits keeps 24 of them
    function node.uptime() return F.us, 0 end
else
    function node.random(low, high) return math.random(low, high) end
end

-- What the firmware lacks is not there in the Lua of this computer either. (The firmware's own Lua, built for a computer, finds
-- such names in its ROM when they are nil.)
local hidden = { os = true, require = true, package = true, io = not esp32 }
os, require, package, io = nil, nil, nil, nil
if os ~= nil then
    local rom = getmetatable(_G).__index
    setmetatable(_G, { __index = function(_, name) if not hidden[name] then return rom[name] end end })
end
if _VERSION == "Lua 5.1" then
    local kept = {}
    for word in string.gmatch("abs ceil floor huge max min pi pow random randomseed sqrt", "%a+") do kept[word] = true end
    for name in pairs(math) do
        if not kept[name] then pcall(function() math[name] = nil end) end
    end
end
