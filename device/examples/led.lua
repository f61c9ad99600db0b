-- NodeMCU: a buzzer calls as urgently as the message is, and the LED blinks until the button is pressed: then the sender's receipt has "read".
-- Flash it with --app device/examples/led.lua; it becomes app.lua, which init.lua runs.
--
--     ESP8266  ESP32
--     D4       2    ---- the LED of most boards, or: LED ---- 330 ohm ---- 3V3 (lit when low)
--     D5       14   ---- piezo buzzer ---- GND
--     D3       0    ---- button ---- GND (the flash button of most boards)
local toque = require("toque")
local LED, BUZZER, BUTTON = 4, 5, 3
local HZ, BLINK_MS, BEEP_MS = 1000, 300, 150
local BEEPS = { ["very-low"] = 0, low = 1, normal = 3, high = 8 }
local unread = {}
local blink, beep, settle = tmr.create(), tmr.create(), tmr.create()
local level, left, calls, buzz = 1, 0, false, nil

local function light(new)
    level = new
    gpio.write(LED, level)
end

blink:register(BLINK_MS, tmr.ALARM_AUTO, function() light(1 - level) end)

beep:register(BEEP_MS, tmr.ALARM_AUTO, function()
    calls = not calls
    buzz(calls)
    if calls then return end
    left = left - 1
    if left == 0 then beep:stop() end
end)

settle:register(50, tmr.ALARM_SEMI, function() end)
local function pressed()
    if not settle:start() then return end -- a button's contacts bounce
    blink:stop()
    light(1)
    -- what cannot be sent yet stays unread, for the next press
    while unread[1] and toque.read(unread[1]) do table.remove(unread, 1) end
end

if gpio.config then -- ESP32
    LED, BUZZER, BUTTON = 2, 14, 0
    light(1) -- before it is an output, so that it does not flash
    gpio.config({ gpio = LED, dir = gpio.OUT }, { gpio = BUTTON, dir = gpio.IN, pull = gpio.PULL_UP })
    gpio.trig(BUTTON, gpio.INTR_DOWN, pressed)
    local channel = ledc.newChannel({
        gpio = BUZZER, bits = ledc.TIMER_10_BIT, frequency = HZ, duty = 0,
        mode = ledc.HIGH_SPEED, timer = ledc.TIMER_0, channel = ledc.CHANNEL_0,
    })
    buzz = function(on) channel:setduty(on and 512 or 0) end
else
    light(1)
    gpio.mode(LED, gpio.OUTPUT)
    gpio.mode(BUTTON, gpio.INT, gpio.PULLUP)
    gpio.trig(BUTTON, "down", pressed)
    pwm.setup(BUZZER, HZ, 0)
    pwm.start(BUZZER)
    buzz = function(on) pwm.setduty(BUZZER, on and 512 or 0) end
end

toque.on("message", function(message)
    unread[#unread + 1] = message.sequence
    if #unread > 20 then table.remove(unread, 1) end
    blink:start()
    left = math.max(left, BEEPS[message.urgency] or 3)
    if left > 0 then beep:start() end
    -- It returns at once: the message counts as delivered when the board begins to call.
end)
