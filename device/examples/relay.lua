-- NodeMCU: a message "on" or "off" switches a relay, "?" asks for it; the answer goes back to the number that sent the message.
--
--     ESP8266  ESP32
--     5V, GND        ---------------- VCC, GND   relay module, on when high
--     D1       5     ---------------- IN         (COM and NO: what it switches)
--
-- After a power cut it is off. Flash it with --app device/examples/relay.lua
local toque = require("toque")
local RELAY = 1
if gpio.config then RELAY = 5 end -- ESP32

gpio.write(RELAY, 0) -- before it is an output, so that it does not click
if gpio.config then
    gpio.config({ gpio = RELAY, dir = gpio.IN_OUT })
else
    gpio.mode(RELAY, gpio.OUTPUT)
end

toque.on("message", function(message)
    local command = message.body
    if command == "on" then gpio.write(RELAY, 1)
    elseif command == "off" then gpio.write(RELAY, 0)
    elseif command ~= "?" then return end
    -- the pin is read, so that the answer is what is, not what was asked for
    local answer = gpio.read(RELAY) == 1 and "The relay is on" or "The relay is off"
    print(answer)
    -- a message that was sent with the admin's token has no number to answer to
    if message.from then toque.send({ to = message.from, body = answer }) end
end)
