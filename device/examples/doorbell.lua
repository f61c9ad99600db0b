-- NodeMCU: a button rings at a number. The LED is dim while the gateway has not answered, lit for three seconds when it has accepted the
-- message, and flashes when it was refused.
--
--     ESP8266  ESP32
--     D3       0     pin ----/ button ----------- GND     on most boards it is there: FLASH or BOOT
--     D4       2     3V3 ----[ 220 ohm ]----|>|---- pin   LED, lit when low: on most boards it is there
--
-- Write your number below. Flash it with --app device/examples/doorbell.lua. The build needs gpio and pwm (ESP32: ledc).
local toque = require("toque")
local TO = "+34600111222"
local BUTTON, LED = 3, 4
local showing, settle = tmr.create(), tmr.create()
local dim, light

local function stop()
    showing:stop()
    light(1)
end

local function refused(why)
    local left = 20
    print("doorbell: " .. why)
    showing:alarm(100, tmr.ALARM_AUTO, function()
        light(left % 2)
        left = left - 1
        if left < 0 then stop() end
    end)
end

settle:register(50, tmr.ALARM_SEMI, function() end)
local function pressed()
    if not settle:start() then return end -- a button's contacts bounce
    stop()
    dim()
    -- after a minute nobody stands at the door any more
    local rings = { to = TO, title = "Doorbell", body = "Someone is at the door", urgency = "high", ttl = 60 }
    local sent = toque.send(rings, function(why, id)
        stop()
        if why then return refused(why) end
        print("doorbell: accepted as " .. id)
        light(0)
        showing:alarm(3000, tmr.ALARM_SINGLE, stop)
    end)
    if sent then return end
    stop()
    refused("too much waits already")
end

if gpio.config then -- ESP32
    BUTTON, LED = 0, 2
    gpio.config({ gpio = BUTTON, dir = gpio.IN, pull = gpio.PULL_UP })
    gpio.trig(BUTTON, gpio.INTR_DOWN, pressed)
    local channel = ledc.newChannel({
        gpio = LED, bits = ledc.TIMER_10_BIT, frequency = 200, duty = 1024,
        mode = ledc.HIGH_SPEED, timer = ledc.TIMER_0, channel = ledc.CHANNEL_0,
    })
    dim = function() channel:setduty(922) end
    light = function(level) channel:setduty(level * 1024) end
else
    gpio.mode(BUTTON, gpio.INT, gpio.PULLUP)
    gpio.trig(BUTTON, "down", pressed)
    gpio.write(LED, 1) -- before it is an output, so that it does not flash
    pwm.setup(LED, 200, 1023)
    pwm.start(LED)
    dim = function() pwm.setduty(LED, 921) end
    light = function(level) pwm.setduty(LED, level * 1023) end
end

toque.on("message", function(message)
    print((message.title or "message") .. ": " .. message.body)
end)
