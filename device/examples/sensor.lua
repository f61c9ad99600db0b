-- NodeMCU: a BME280 sensor. The board reports temperature and humidity every quarter of an hour, and answers a message "?" at once.
-- Write the number that gets the reports, then flash it with --app device/examples/sensor.lua
--
--     ESP8266  ESP32
--     D2       21   ---- SDA of the BME280
--     D1       22   ---- SCL of the BME280
--     3V3, GND      ---- VIN, GND of the BME280 (SDO on GND: address 0x76)
local toque = require("toque")
local TO, EVERY_MS = "+34600111222", 900000
local SDA, SCL, ADDRESS = 2, 1, 0x76
if gpio.config then SDA, SCL = 21, 22 end -- ESP32

local function write(register, value)
    i2c.start(0)
    local there = i2c.address(0, ADDRESS, i2c.TRANSMITTER)
    i2c.write(0, register, value)
    i2c.stop(0)
    return there
end

local function read(register, octets)
    i2c.start(0)
    i2c.address(0, ADDRESS, i2c.TRANSMITTER)
    i2c.write(0, register)
    i2c.start(0)
    i2c.address(0, ADDRESS, i2c.RECEIVER)
    local data = i2c.read(0, octets)
    i2c.stop(0)
    return string.byte(data, 1, octets)
end

local function signed(value, whole)
    return value < whole / 2 and value or value - whole
end

-- Degrees Celsius and per cent: the formulas of the BME280's data sheet, §8.1.
local function values()
    local t1, t1h, t2, t2h, t3, t3h = read(0x88, 6)
    local _, _, _, h, m, l, hh, hl = read(0xF7, 8)
    t1, t2, t3 = t1h * 256 + t1, signed(t2h * 256 + t2, 65536), signed(t3h * 256 + t3, 65536)
    local raw = (h * 256 + m) * 16 + math.floor(l / 16)
    local off = raw / 131072 - t1 / 8192
    local fine = (raw / 16384 - t1 / 1024) * t2 + off * off * t3

    local h1 = read(0xA1, 1)
    local h2, h2h, h3, a, b, c, h6 = read(0xE1, 7)
    h2, h6 = signed(h2h * 256 + h2, 65536), signed(h6, 256)
    local h4, h5 = signed(a, 256) * 16 + b % 16, signed(c, 256) * 16 + math.floor(b / 16)
    local wet = fine - 76800
    wet = (hh * 256 + hl - (h4 * 64 + h5 / 16384 * wet))
        * (h2 / 65536 * (1 + h6 / 67108864 * wet * (1 + h3 / 67108864 * wet)))
    return fine / 5120, math.min(100, math.max(0, wet * (1 - h1 * wet / 524288)))
end

-- Measures, which takes a moment, and sends the values there.
local function report(to)
    write(0xF2, 1) -- humidity once
    if not write(0xF4, 0x25) then return toque.send({ to = to, title = "Sensor", body = "no sensor" }) end
    tmr.create():alarm(50, tmr.ALARM_SINGLE, function()
        toque.send({ to = to, title = "Sensor", body = string.format("%.1f C, %.0f %%", values()) })
    end)
end

i2c.setup(0, SDA, SCL, i2c.SLOW)
tmr.create():alarm(EVERY_MS, tmr.ALARM_AUTO, function() report(TO) end)

toque.on("message", function(message)
    if message.body == "?" and message.from then report(message.from) end
end)
