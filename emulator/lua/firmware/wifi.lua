-- wifi: app/modules/wifi.c and wifi_eventmon.c, components/modules/wifi_sta.c. The host decides when there is a link.
local esp32 = F.board == "esp32"
local address
local handlers = {}

wifi = { NULLMODE = 0, STATION = 1, SOFTAP = 2, STATIONAP = 3, sta = {} }
local sta = wifi.sta

function sta.getmac() return F.mac end

local function check(config)
    if type(config) ~= "table" then error("bad argument #1 to 'config' (config table not found!)") end
    if type(config.ssid) ~= "string" then error("bad argument #1 to 'config' (ssid required)") end
    if #config.ssid > 32 then error("bad argument #1 to 'config' (ssid: length:0-32)") end
end

local function tell(event, info)
    local handler = handlers[event]
    if handler then
        if esp32 then handler(event, info) else handler(info) end
    end
end

if esp32 then
    local mode = wifi.NULLMODE
    local started = false
    function wifi.mode(new) mode = new end
    function wifi.getmode() return mode end
    function wifi.start()
        started = true
        F.post(function() tell("start", {}) end)
    end
    function sta.config(config)
        check(config)
        if mode ~= wifi.STATION then error("failed to set wifi config, code 12293") end
    end
    function sta.connect()
        if not started then error("connect failed, code 12290") end
        F.out("join")
    end
    function sta.on(event, handler)
        if not string.find(" start stop connected disconnected authmode_changed got_ip ", " " .. event .. " ", 1, true) then
            error("unknown event: " .. event)
        end
        handlers[event] = handler
    end
else
    wifi.eventmon = { STA_CONNECTED = 0, STA_DISCONNECTED = 1, STA_AUTHMODE_CHANGE = 2, STA_GOT_IP = 3, STA_DHCP_TIMEOUT = 4 }
    function wifi.eventmon.register(event, handler) handlers[event] = handler end
    wifi.eventmon.unregister = wifi.eventmon.register
    function wifi.setmode(mode) return mode end
    function sta.config(config)
        check(config)
        if config.auto ~= false then F.out("join") end
        return true
    end
    function sta.connect() F.out("join") end
    function sta.getip()
        if address == nil then return nil end
        return address, "255.0.0.0", "127.0.0.1"
    end
    function sta.getrssi() return address and -60 or nil end
end

-- The link has this address ("-": none) from now on, and the event reports it, if there is one.
function F.events.link(hex, how)
    address = F.unhex(hex)
    if how == "silent" then return end
    if address == nil then
        tell(esp32 and "disconnected" or 1, { SSID = "test", ssid = "test", reason = 200 })
    else
        tell(esp32 and "got_ip" or 3, { IP = address, ip = address })
    end
end
