-- NodeMCU: a BME280 measures temperature, humidity and pressure. The board reports them to a number when it comes online and then every quarter
-- of an hour, and answers a message "?" with them.
--
--     ESP8266  ESP32
--     3V3, GND       ---------------- VCC, GND   BME280, I2C (address 0x76)
--     D2       21    ---------------- SDA
--     D1       22    ---------------- SCL
--
-- Write your number below. Flash it with --app device/examples/sensor.lua. The build needs i2c and floating point.
local toque = require("toque")
local TO, EVERY_MS = "+34600111222", 15 * 60 * 1000
local SDA, SCL, ADDRESS = 2, 1, 0x76
if gpio.config then SDA, SCL = 21, 22 end -- ESP32
local reporting

local function write(register, value)
    i2c.start(0)
    i2c.address(0, ADDRESS, i2c.TRANSMITTER)
    i2c.write(0, register, value)
    i2c.stop(0)
end

local function read(register, octets)
    i2c.start(0)
    i2c.address(0, ADDRESS, i2c.TRANSMITTER)
    i2c.write(0, register)
    i2c.start(0)
    i2c.address(0, ADDRESS, i2c.RECEIVER)
    local data = i2c.read(0, octets)
    i2c.stop(0)
    return data
end

-- The number in two octets, the low one first; the same with a sign; one octet with a sign.
local function word(data, at)
    local low, high = string.byte(data, at, at + 1)
    return high * 256 + low
end

local function int(data, at)
    return (word(data, at) + 32768) % 65536 - 32768
end

local function small(octet)
    return (octet + 128) % 256 - 128
end

-- From what the converter reads to a text: the formulas of the data sheet (BST-BME280-DS002, appendix 8.1).
local function convert(raw)
    local p1, p2, p3, t1, t2, t3, r1, r2 = string.byte(raw, 1, 8)
    local c = read(0x88, 26)
    local x = (t1 * 4096 + t2 * 16 + math.floor(t3 / 16)) / 131072 - word(c, 1) / 8192
    local fine = x * 8 * int(c, 3) + x * x * int(c, 5)

    local a = fine / 2 - 64000
    local b = a * a * int(c, 17) / 32768 + a * int(c, 15) * 2
    b = b / 4 + int(c, 13) * 65536
    a = (int(c, 11) * a * a / 524288 + int(c, 9) * a) / 524288
    a = (1 + a / 32768) * word(c, 7)
    local p = 1048576 - (p1 * 4096 + p2 * 16 + math.floor(p3 / 16))
    p = (p - b / 4096) * 6250 / a
    p = p + (int(c, 23) * p * p / 2147483648 + p * int(c, 21) / 32768 + int(c, 19)) / 16

    local h1 = string.byte(c, 26)
    c = read(0xE1, 7)
    local h3, c4, c5, c6, h6 = string.byte(c, 3, 7)
    local h4, h5 = small(c4) * 16 + c5 % 16, small(c6) * 16 + math.floor(c5 / 16)
    x = fine - 76800
    local h = (1 + h3 / 67108864 * x) * (small(h6) / 67108864) * x + 1
    h = h * (r1 * 256 + r2 - (h4 * 64 + h5 / 16384 * x)) * (int(c, 1) / 65536)
    h = h * (1 - h1 * h / 524288)
    return string.format("%g C, %.0f %%, %.0f hPa", math.floor(fine / 512 + 0.5) / 10, h, p / 100)
end

-- Measures once, and sends the values to a number.
local function report(to)
    write(0xF2, 1) -- each value once, and then it sleeps
    write(0xF4, 0x25)
    tmr.create():alarm(20, tmr.ALARM_SINGLE, function()
        toque.send({ to = to, title = "Climate", body = convert(read(0xF7, 8)), ttl = 3600 })
    end)
end

i2c.setup(0, SDA, SCL, i2c.SLOW)

toque.on("message", function(message)
    if message.body == "?" and message.from then report(message.from) end
end)

toque.on("state", function(state)
    if state ~= "online" or reporting then return end
    reporting = tmr.create()
    reporting:alarm(EVERY_MS, tmr.ALARM_AUTO, function() report(TO) end)
    report(TO)
end)
