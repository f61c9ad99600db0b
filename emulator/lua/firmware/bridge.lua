-- The board's end of the bridge: lines of words, strings as hex ("-" is nil). The host sends an event, the board
-- answers with what it does and ends with "done". F is what the parts of the firmware share; the program never sees it.

local write = F.write -- given by the host, or lines on stdout

function F.hex(text)
    if text == nil then return "-" end
    if text == "" then return "00empty" end
    return (string.gsub(text, ".", function(c) return string.format("%02x", string.byte(c)) end))
end

function F.unhex(hex)
    if hex == "-" then return nil end
    if hex == "00empty" then return "" end
    return (string.gsub(hex, "..", function(pair) return string.char(tonumber(pair, 16)) end))
end

function F.out(...)
    if not F.dead then write(table.concat({ ... }, " ")) end
end

-- An error that nobody catches restarts the board: luaL_pcallx in tasks, the panic handler in lwIP's callbacks.
function F.panic(message)
    F.out("panic", F.hex(tostring(message)))
    F.dead = true
end

function F.protect(call, ...)
    if F.dead then return end
    local fine, message = pcall(call, ...)
    if not fine and not F.dead then F.panic(message) end
end

-- Tasks run after the event that posted them, before the next one.
local tasks = {}
function F.post(task) tasks[#tasks + 1] = task end

function F.print(...)
    local line = {}
    for i = 1, select("#", ...) do line[i] = tostring((select(i, ...))) end
    F.out("print", F.hex(table.concat(line, "\t")))
end
print = F.print

F.events = {}
F.us31 = 0 -- microseconds since power on, 31 bits of them
F.us = 0 -- all of them, as exact as this Lua's numbers are

function F.event(line)
    local words = {}
    for word in string.gmatch(line, "%S+") do words[#words + 1] = word end
    F.us31 = tonumber(words[1])
    F.us = tonumber(words[2]) + 0.0
    F.protect(F.events[words[3]], words[4], words[5], words[6])
    while tasks[1] and not F.dead do F.protect(table.remove(tasks, 1)) end
    write("done")
end

-- Octets of Lua's heap after full collections, "-" where there is no collector to ask (fengari). Each halves the buffers that the bridge's
-- long lines made Lua grow, so there are several. Lua 5.1 halves its stack too, once it is four times what is needed, and so leaves it
-- anywhere between one and two times that, 1.4 KB apart: it is made large first, so that the halving ends at one size.
function F.events.heap()
    local fine = pcall(collectgarbage)
    if unpack then (function() end)(unpack({}, 1, 4000)) end
    for _ = 1, fine and 10 or 0 do collectgarbage() end
    F.out("heap", fine and string.format("%d", math.floor(collectgarbage("count") * 1024)) or "-")
end

-- How much is open: connections, look-ups, files.
function F.events.handles() F.out("handles", string.format("%d", F.open_sockets() + F.open_files())) end

-- Something about the board: no memory for sockets, a full disk.
function F.events.set(name, value) F[name] = tonumber(value) end

-- A line typed at the console.
function F.events.type(hex)
    local call, message = (loadstring or load)(F.unhex(hex), "=stdin")
    local fine = call
    if call then fine, message = pcall(call) end
    if not fine then F.print(message) end -- at the console an error is an answer
end

-- Evaluates an expression, and tells its value.
function F.events.ask(hex)
    local call = assert((loadstring or load)("return " .. F.unhex(hex)))
    F.out("answer", F.hex(tostring(call())))
end
