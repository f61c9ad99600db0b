-- NodeMCU: an LED and a buzzer call until a button is pressed; then the sender's receipt has "read". Urgent messages call louder.
--
--     ESP8266  ESP32
--     D4       2     3V3 ----[ 220 ohm ]----|>|---- pin   LED, lit when low: on most boards it is there
--     D5       14    pin ----( piezo buzzer )---- GND
--     D3       0     pin ----/ button ----------- GND     on most boards it is there: FLASH or BOOT
--
-- Flash it with --app device/examples/led.lua; it becomes app.lua, which init.lua runs. The build needs gpio and pwm (ESP32: ledc).
local toque = require("toque")
local LED, BUZZER, BUTTON, HZ = 4, 5, 3, 1000
-- how often it beeps, and how long the LED stays on and off: a very low urgency is silent and slow
local BEEPS = { ["very-low"] = 0, low = 1, normal = 3, high = 8 }
local BLINK_MS = { ["very-low"] = 1000, low = 600, normal = 300, high = 100 }
local unread = {}
local blink, beep, settle = tmr.create(), tmr.create(), tmr.create()
local lit, buzz

local function light(on)
    lit = on
    gpio.write(LED, on and 0 or 1)
end

local function stop()
    blink:stop()
    beep:stop()
    light(false)
    buzz(false)
end

settle:register(50, tmr.ALARM_SEMI, function() end)
local function pressed()
    if not settle:start() then return end -- a button's contacts bounce
    stop()
    -- what cannot be sent yet stays unread, for the next press
    while unread[1] and toque.read(unread[1]) do table.remove(unread, 1) end
end

if gpio.config then -- ESP32
    LED, BUZZER, BUTTON = 2, 14, 0
    light(false) -- before it is an output, so that it does not flash
    gpio.config({ gpio = LED, dir = gpio.OUT }, { gpio = BUTTON, dir = gpio.IN, pull = gpio.PULL_UP })
    gpio.trig(BUTTON, gpio.INTR_DOWN, pressed)
    local channel = ledc.newChannel({
        gpio = BUZZER, bits = ledc.TIMER_10_BIT, frequency = HZ, duty = 0,
        mode = ledc.HIGH_SPEED, timer = ledc.TIMER_0, channel = ledc.CHANNEL_0,
    })
    buzz = function(on) channel:setduty(on and 512 or 0) end
else
    light(false)
    gpio.mode(LED, gpio.OUTPUT)
    gpio.mode(BUTTON, gpio.INT, gpio.PULLUP)
    gpio.trig(BUTTON, "down", pressed)
    pwm.setup(BUZZER, HZ, 0)
    pwm.start(BUZZER)
    buzz = function(on) pwm.setduty(BUZZER, on and 512 or 0) end
end

-- It returns at once: the message counts as delivered when the board begins to call.
toque.on("message", function(message)
    unread[#unread + 1] = message.sequence
    if #unread > 20 then table.remove(unread, 1) end
    stop()
    blink:alarm(BLINK_MS[message.urgency] or 300, tmr.ALARM_AUTO, function() light(not lit) end)
    local left, on = BEEPS[message.urgency] or 3, false
    if left == 0 then return end
    beep:alarm(150, tmr.ALARM_AUTO, function()
        on = not on
        buzz(on)
        if not on then left = left - 1 end
        if left == 0 then beep:stop() end
    end)
end)
