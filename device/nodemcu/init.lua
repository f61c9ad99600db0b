-- Runs at power on: waits, so that a person at the console can stop what crashes, then runs app, which asks for toque, or toque alone.
-- Each boot leaves an octet in toque-boots until it has lasted a minute: from the third on the wait doubles, to five minutes.
local open = file.open or io.open
local boots = open("toque-boots", "r")
local count = boots and #(boots:read(16) or "") or 0
if boots then boots:close() end

if file.exists("toque-stop") then
    print('toque: stopped by the file toque-stop: file.remove("toque-stop"), then restart')
    return
end

boots = open("toque-boots", "a")
if boots then
    boots:write(".")
    boots:close()
end

local waitS = 3
for _ = 2, count do waitS = math.min(waitS * 2, 300) end

-- The application: in LFS first, the firmware's flash for Lua, where code takes no memory. Then compiled, then as it was written.
local function find(name)
    local get = node.LFS and node.LFS.get
    local code = get and get(name)
    for _, ending in ipairs({ ".lc", ".lua" }) do
        if not code and file.exists(name .. ending) then code = function() return dofile(name .. ending) end end
    end
    return code
end

local timer = tmr.create()

function start()
    timer:stop()
    start, stop = nil, nil
    local level = node.stripdebug and node.stripdebug()
    if level then node.stripdebug(3) end -- Toque is one line: what for should its number be kept?
    timer:alarm(60000, 0, function() file.remove("toque-boots") end)
    -- the flash command puts the new program in the place of the old one, and the power may fail in between
    if not file.exists("toque.lua") and not file.rename("toque.next", "toque.lua") then return print("toque: toque.lua is missing: flash it") end
    local toque = require("toque")
    if level then node.stripdebug(level) end
    local app = find("app")
    if not app then return print("toque: there is no app.lua, so messages wait") end
    local fine, message = pcall(app)
    if not fine then -- the gateway gets this with the registration, and keeps the messages
        toque.message, toque.failure = nil, tostring(message):match("[^\n]*"):sub(1, 100)
        print("toque: the application does not run, so messages wait: " .. tostring(message))
    end
end

function stop()
    timer:stop()
    start, stop = nil, nil
    print("toque: stopped until the next restart")
end

timer:alarm(waitS * 1000, 0, start)
print("toque: starts in " .. waitS .. " s, boot " .. count + 1 .. "; to prevent it: stop()")
