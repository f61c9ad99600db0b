-- file: app/modules/file.c (ESP8266), io and a smaller file (ESP32). The host keeps what was written, operation by
-- operation, so that the power can be cut between any two octets.
local esp32 = F.board == "esp32"
local MAX_OPEN = esp32 and 5 or 4
local files = {}
local open = 0

local methods = {}
local class = { __index = methods }

function F.events.file(name, data) files[F.unhex(name)] = F.unhex(data) end

local function check(name)
    if type(name) ~= "string" or #name > 31 then error("bad argument #1 to 'open' (filename invalid)") end
end

local function append(name, data)
    files[name] = files[name] .. data
    F.out("append", F.hex(name), F.hex(data))
end

local function opener(name, mode)
    check(name)
    mode = mode or "r"
    if open == MAX_OPEN then return nil end
    local first = string.sub(mode, 1, 1)
    if first == "r" and not files[name] then return nil end
    if first == "w" then
        files[name] = ""
        F.out("truncate", F.hex(name))
    end
    if not files[name] then files[name] = "" end
    open = open + 1
    return setmetatable({ name = name, at = 0, writes = mode ~= "r" }, class)
end

local function handle(of)
    if of.closed then error("open a file first") end
    return of
end

function methods.read(of, wanted)
    handle(of)
    local data = files[of.name] or ""
    if of.at >= #data then return nil end
    local octets = type(wanted) == "number" and wanted or wanted and #data or 1024
    local part = string.sub(data, of.at + 1, of.at + octets)
    of.at = of.at + #part
    return part
end

function methods.seek(of, whence, offset)
    handle(of)
    local from = { set = 0, cur = of.at, ["end"] = #(files[of.name] or "") }
    if not from[whence or "cur"] then error("bad argument #1 to 'seek' (invalid option)") end
    local at = from[whence or "cur"] + (offset or 0)
    if at < 0 then return nil end
    of.at = at
    return at
end

function methods.write(of, data)
    handle(of)
    if not of.writes then return nil end
    if F.disk_full == 1 then return nil end
    append(of.name, data)
    return esp32 and of or true
end

function methods.flush(of) return handle(of) and true end

function methods.close(of)
    if esp32 then handle(of) end
    if not of.closed then open = open - 1 end
    of.closed = true
end

file = {}
function file.exists(name) return files[name] ~= nil end

function file.remove(name)
    files[name] = nil
    F.out("remove", F.hex(name))
end

function file.rename(from, to)
    if not files[from] or files[to] then return false end
    files[to], files[from] = files[from], nil
    F.out("rename", F.hex(from), F.hex(to))
    return true
end

function file.list()
    local sizes = {}
    for name, data in pairs(files) do sizes[name] = #data end
    return sizes
end

if esp32 then
    io = { open = opener }
else
    file.open = opener
    function file.getcontents(name) return files[name] end
    function file.putcontents(name, data)
        local to = opener(name, "w+")
        if not to then return nil end
        local fine = to:write(data)
        to:close()
        return fine
    end
end

function F.open_files() return open end

local function load_file(name)
    if not files[name] then return nil, "cannot open " .. name end
    return (loadstring or load)(files[name], "@" .. name)
end
loadfile = load_file

function dofile(name)
    local call, message = load_file(name)
    if not call then error(message) end
    return call()
end

-- app/lua/loadlib.c, where package.path is "?.lc;?.lua"
package = { loaded = {} }
function require(name)
    local loaded = package.loaded
    if loaded[name] == nil then
        local call, message = load_file(name .. (files[name .. ".lc"] and ".lc" or ".lua"))
        if not call then error("module '" .. name .. "' not found: " .. message, 2) end
        local value = call(name)
        if value ~= nil then loaded[name] = value end
        if loaded[name] == nil then loaded[name] = true end
        F.required(name, loaded[name])
    end
    return loaded[name]
end

function F.events.boot(name)
    dofile(F.unhex(name))
end
