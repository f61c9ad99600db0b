-- NodeMCU: a relay. "on", "off", "toggle" or "pulse" (half a second) switches it, and the sender gets its state; anything else asks for the state.
-- Flash it with --app device/examples/relay.lua
--
--     ESP8266  ESP32
--     D1       5    ---- IN of a relay module (switched when high)
--     5V, GND       ---- VCC, GND of the module
local toque = require("toque")
local RELAY = 1
local level = 0
local pulse = tmr.create()

local function switch(new)
    level = new
    gpio.write(RELAY, level)
end

if gpio.config then -- ESP32
    RELAY = 5
    switch(0) -- before it is an output, so that it does not click
    gpio.config({ gpio = RELAY, dir = gpio.OUT })
else
    switch(0)
    gpio.mode(RELAY, gpio.OUTPUT)
end
pulse:register(500, tmr.ALARM_SEMI, function() switch(0) end)

toque.on("message", function(message)
    local command = message.body
    if command == "on" or command == "pulse" then switch(1)
    elseif command == "off" then switch(0)
    elseif command == "toggle" then switch(1 - level) end
    if command == "pulse" then pulse:start(true) else pulse:stop() end
    -- a message from a program has no number to answer to
    if message.from then toque.send({ to = message.from, body = "relay " .. (level == 1 and "on" or "off") }) end
end)
