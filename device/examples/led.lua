-- NodeMCU: the LED on pin 4 (GPIO2, lit when low) blinks five times for each message.
-- Flash it with --app device/examples/led.lua; it becomes app.lua, which init.lua runs.
local toque = require("toque")
local PIN, blinks = 4, 0
local timer = tmr.create()

gpio.mode(PIN, gpio.OUTPUT)
timer:register(200, tmr.ALARM_AUTO, function()
    blinks = blinks - 1
    gpio.write(PIN, blinks % 2 == 0 and gpio.HIGH or gpio.LOW)
    if blinks <= 0 then timer:stop() end
end)

toque.on("message", function(message)
    print(message.title or "message", message.body)
    blinks = 10
    timer:start()
end)
