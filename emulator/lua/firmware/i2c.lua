-- i2c: app/modules/i2c.c and components/modules/i2c.c with its software bus. What is written between an address and the next start or stop is one
-- transfer for the hands. A device that can be read has registers: the first octet of a transfer is the number of one. An address that nobody has
-- gets no acknowledgement, and reading from it gives ones.
local esp32 = F.board == "esp32"
local DISPLAY = 60
local buses, registers, chosen = {}, {}, {}

function F.events.registers(address, hex) registers[tonumber(address)] = F.unhex(hex) end

i2c = { SLOW = 100000, FAST = 400000, FASTPLUS = 1000000, TRANSMITTER = 0, RECEIVER = 1, SW = 0 }

local function bus_of(id)
    if not buses[id] then error("i2c " .. tostring(id) .. " is not configured", 3) end
    return buses[id]
end

local function finish(bus)
    local out = table.concat(bus.out)
    if out ~= "" then
        chosen[bus.address] = string.byte(out)
        F.print(string.format("#i2c %d ", bus.address) .. F.hex(out))
    end
    bus.out, bus.address, bus.present = {}, nil, false
end

function i2c.setup(id, sda, scl, speed)
    if id ~= i2c.SW then error("the emulator has the software bus only: i2c.setup(0, ...)") end
    local data = F.pin_of(sda, "gpio does not exist")
    local clock = F.pin_of(scl, "gpio does not exist")
    if not esp32 and sda == 0 then error("i2c SDA on D0 is not supported") end
    if speed <= 0 then error("wrong arg range") end
    if esp32 and speed > i2c.SLOW then error("bad argument #4 to 'setup' (i2c speed too high for i2c.SW interface)") end
    F.configure(data, "in")
    F.configure(clock, "in")
    buses[id] = { out = {} }
    return speed
end

function i2c.start(id) finish(bus_of(id)) end

function i2c.stop(id) finish(bus_of(id)) end

function i2c.address(id, address, direction)
    local bus = bus_of(id)
    if address < 0 or address > 127 then error("wrong arg range") end
    bus.address = address
    bus.present = address == DISPLAY or registers[address] ~= nil
    bus.reads = direction == i2c.RECEIVER
    return bus.present
end

function i2c.write(id, ...)
    local bus = bus_of(id)
    local count = select("#", ...)
    if count == 0 then error("wrong arg type") end
    local wrote = 0
    local function octet(value)
        if value < 0 or value > 255 then error("wrong arg range") end
        return string.char(value)
    end
    for i = 1, count do
        local part = (select(i, ...))
        if type(part) == "number" then
            part = octet(part)
        elseif type(part) == "table" then
            local octets = {}
            for at, value in ipairs(part) do octets[at] = octet(value) end
            part = table.concat(octets)
        elseif type(part) ~= "string" then
            error("bad argument #" .. i + 1 .. " to 'write' (string expected)")
        end
        if not bus.present or bus.reads then break end
        wrote = wrote + #part
        bus.out[#bus.out + 1] = part
    end
    return wrote
end

function i2c.read(id, size)
    local bus = bus_of(id)
    if size == 0 then return end
    local all, from = registers[bus.address], chosen[bus.address] or 0
    if not all or not bus.reads then return string.rep("\255", size) end
    chosen[bus.address] = (from + size) % 256
    return string.sub(all .. all, from + 1, from + size)
end
