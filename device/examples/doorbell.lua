-- NodeMCU: a doorbell. The button sends a message; the LED blinks while it is on its way, is lit for three seconds when the gateway has accepted
-- it, and flickers when it was refused.
-- Write the number that shall ring, then flash it with --app device/examples/doorbell.lua
--
--     ESP8266  ESP32
--     D4       2    ---- the LED of most boards, or: LED ---- 330 ohm ---- 3V3 (lit when low)
--     D3       0    ---- button ---- GND (the flash button of most boards)
local toque = require("toque")
local TO = "+34600111222"
local LED, BUTTON = 4, 3
local show, settle = tmr.create(), tmr.create()
local level, steps, rings = 1, 0, false

local function light(new)
    level = new
    gpio.write(LED, level)
end

-- The LED changes every so many milliseconds, so many times; then it is off.
local function blink(ms, times)
    steps = times
    light(0)
    show:alarm(ms, tmr.ALARM_AUTO, function()
        steps = steps - 1
        light(1 - level)
        if steps > 0 then return end
        show:stop()
        light(1)
    end)
end

settle:register(50, tmr.ALARM_SEMI, function() end)
local function pressed()
    if not settle:start() or rings then return end -- contacts bounce, and people press twice
    rings = toque.send({
        to = TO, title = "Doorbell", body = "Someone is at the door",
        urgency = "high", ttl = 300, collapseKey = "doorbell",
    }, function(why, id)
        rings = false
        print(why or "accepted as " .. (id or "?"))
        if why then blink(100, 20) else blink(3000, 1) end
    end)
    if rings then blink(300, 1000) else blink(100, 20) end
end

if gpio.config then -- ESP32
    LED, BUTTON = 2, 0
    light(1) -- before it is an output, so that it does not flash
    gpio.config({ gpio = LED, dir = gpio.OUT }, { gpio = BUTTON, dir = gpio.IN, pull = gpio.PULL_UP })
    gpio.trig(BUTTON, gpio.INTR_DOWN, pressed)
else
    light(1)
    gpio.mode(LED, gpio.OUTPUT)
    gpio.mode(BUTTON, gpio.INT, gpio.PULLUP)
    gpio.trig(BUTTON, "down", pressed)
end

toque.on("message", function(message)
    print((message.title or "message") .. ": " .. message.body)
end)
