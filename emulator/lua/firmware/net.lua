-- net: app/modules/net.c on lwIP's own callbacks (ESP8266), components/modules/net.c on its netconn (ESP32).
local esp32 = F.board == "esp32"
local SEND_BUFFER = esp32 and 5744 or 2 * 1460
local DNS_TABLE = 4

-- The firmware's registry. It holds a socket's handlers until the socket is collected, and the socket itself while it is
-- open. So a handler that has the socket as an upvalue is never freed.
local registry, last = {}, 0

local function address(text) return string.find(text, "^%d+%.%d+%.%d+%.%d+$") ~= nil end

local function of(socket)
    local state = type(socket) == "table" and registry[socket.id]
    if not state then error("invalid user data") end
    return state
end

local function call(state, event, ...)
    local handler = state.handlers[event]
    if handler then handler(state.self, ...) end
end

local methods = {}
local class = { __index = methods }

net = { TCP = 1, UDP = 2, dns = {} }

function net.createConnection()
    last = last + 1
    local id = last
    registry[id] = { id = id, handlers = {}, unacked = 0, open = false, connected = false }
    return F.finally(setmetatable({ id = id }, class), function()
        if registry[id].open then F.out("abort", id) end
        registry[id] = nil
    end)
end

local EVENTS = { connection = true, reconnection = true, disconnection = true, receive = true, sent = true, dns = true }
function methods.on(socket, event, handler)
    local state = of(socket)
    if not EVENTS[event] then error("invalid callback name") end
    if handler ~= nil and type(handler) ~= "function" then error("invalid callback function") end
    state.handlers[event] = handler
end

function methods.connect(socket, port, host)
    local state = of(socket)
    if state.open then error("already connected") end
    if math.floor(port) ~= port or port < 1 then error("specify port") end
    if F.sockets_left == 0 then error("cannot allocate PCB") end
    state.open, state.self = true, socket
    F.out("connect", state.id, string.format("%d", port), F.hex(host))
end

function methods.send(socket, data, handler)
    local state = of(socket)
    if type(data) ~= "string" or data == "" then error("no data to send") end
    if handler then state.handlers.sent = handler end
    if not state.open or not state.self then error("not connected") end
    if esp32 and not state.connected then error("in progress") end
    local room = SEND_BUFFER - state.unacked
    local fits = #data <= room
    -- ESP32 writes what fits and then throws; ESP8266 writes all or nothing
    if not fits and not esp32 then error("out of memory") end
    local part = fits and data or string.sub(data, 1, room)
    state.expected = #data -- not added up: a second `send` before "sent" loses the count (ESP32)
    state.unacked = state.unacked + #part
    if part ~= "" then F.out("send", state.id, F.hex(part)) end
    if not fits then error("buffer error") end
end

function methods.close(socket)
    local state = of(socket)
    if not state.open or state.failed then error("not connected") end
    state.open, state.self = false, nil
    F.out("close", state.id)
end

function methods.getpeer() return nil, nil end

function methods.hold() end

function methods.unhold() end

-- Events of a socket that the program closed, or that was collected, reach nobody.
local function live(id)
    local state = registry[tonumber(id)]
    return state and state.self and state or nil
end

function F.events.open(id)
    local state = live(id)
    if not state then return end
    state.connected = true
    call(state, "connection")
end

function F.events.data(id, hex)
    local state = live(id)
    if state then call(state, "receive", F.unhex(hex)) end
end

-- The peer's TCP acknowledged so many octets. ESP8266 reports "sent" for each such packet; ESP32 when its count is 0.
function F.events.acked(id, octets)
    local state = live(id)
    if not state then return end
    octets = tonumber(octets)
    state.unacked = state.unacked - octets
    state.expected = state.expected - octets
    if not esp32 or state.expected == 0 then call(state, "sent") end
end

-- FIN has code 0; a reset, an abort or a refusal one below.
function F.events.ended(id, code)
    local state = live(id)
    if not state then return end
    code = tonumber(code)
    if not esp32 then state.open = false end
    state.failed = esp32 and code ~= 0
    local event = code ~= 0 and state.handlers.reconnection and "reconnection" or "disconnection"
    call(state, event, code)
    state.self = nil
end

local lookups, asked, waiting = {}, 0, 0

local function found(handler, text)
    if esp32 then handler(text) else handler(nil, text) end
end

function net.dns.resolve(host, handler)
    if type(handler) ~= "function" then error("bad argument #2 to 'resolve' (function expected)") end
    if host == "" or #host >= 256 then error("illegal argument") end
    if address(host) then
        -- ESP8266 calls back before it returns
        if esp32 then F.post(function() found(handler, host) end) else found(handler, host) end
        return
    end
    if waiting == DNS_TABLE then error("out of memory") end
    waiting = waiting + 1
    asked = asked + 1
    lookups[asked] = handler
    F.out("lookup", asked, F.hex(host))
end

function F.open_sockets()
    local open = waiting
    for _, state in pairs(registry) do
        if state.open then open = open + 1 end
    end
    return open
end

function F.events.found(id, hex)
    local handler = lookups[tonumber(id)]
    lookups[tonumber(id)] = nil
    waiting = waiting - 1
    if handler then found(handler, F.unhex(hex)) end
end
