-- gpio: app/modules/gpio.c, where a pin is its number on the board's print, and components/modules/gpio.c, where it is the chip's. The hands
-- (emulator/hands.ts) have the chip's numbers: they see what a pin drives, and report the level of one that a button holds.
local esp32 = F.board == "esp32"
local CHIP = { [0] = 16, 5, 4, 0, 2, 14, 12, 13, 15, 3, 1, 9, 10 }
local LAST = esp32 and 39 or 12
local pins, by_chip, held = {}, {}, {}

-- The pin's record. `out`: the output's register; `mode`: "in", "out", "open".
local function pin_of(pin, message)
    if type(pin) ~= "number" or pin ~= math.floor(pin) or pin < 0 or pin > LAST then error(message, 3) end
    if not pins[pin] then
        local chip = esp32 and pin or CHIP[pin]
        pins[pin] = { pin = pin, chip = string.format("%d", chip), out = 0, mode = "in", seen = 0 }
        by_chip[chip] = pins[pin]
    end
    return pins[pin]
end
F.pin_of = pin_of

function F.drive(pin, level) F.print("#pin " .. pin.chip .. " " .. level) end

local function drive(pin)
    if pin.mode == "out" or pin.mode == "open" then F.drive(pin, string.format("%d", pin.out)) end
end

function F.configure(pin, mode)
    pin.mode = mode
    drive(pin)
end

gpio = {}

local NOT_A_PIN = esp32 and "invalid argument" or "gpio does not exist"

function gpio.read(number)
    local pin = pin_of(number, NOT_A_PIN)
    if pin.mode == "out" or pin.mode == "open" and pin.out == 0 then return pin.out end
    return held[pin.chip] or 1
end

function gpio.write(number, level)
    local pin = pin_of(number, NOT_A_PIN)
    if esp32 and type(level) == "number" then level = level == 0 and 0 or 1 end
    if level ~= 0 and level ~= 1 then error("bad argument #2 to 'write' (wrong level type)", 2) end
    pin.out = level
    if not esp32 and number == 0 then pin.mode = "out" end -- GPIO16 becomes an output by being written
    if not pin.pwm then drive(pin) end
end

local function edge_of(pin, level)
    return pin.trig == "both" or pin.trig == (level == 1 and "up" or "down")
end

if esp32 then
    gpio.IN, gpio.OUT, gpio.IN_OUT = 1, 2, 3
    gpio.FLOATING, gpio.PULL_UP, gpio.PULL_DOWN, gpio.PULL_UP_DOWN = 0, 1, 2, 3
    gpio.INTR_NONE, gpio.INTR_UP, gpio.INTR_DOWN, gpio.INTR_UP_DOWN, gpio.INTR_LOW, gpio.INTR_HIGH = 0, 1, 2, 3, 4, 5
    local TRIGS = { [0] = "none", "up", "down", "both" }

    function gpio.config(...)
        for _, given in ipairs({ ... }) do
            if type(given.dir) ~= "number" then error("number expected, got " .. type(given.dir)) end
            local list = type(given.gpio) == "number" and { given.gpio } or given.gpio
            if type(list) ~= "table" then error("missing/bad 'gpio' field") end
            for _, number in pairs(list) do
                local out = given.dir ~= gpio.IN
                if out and number > 33 then error("invalid argument") end -- these are inputs only
                local mode = not out and "in" or (given.opendrain or 0) ~= 0 and "open" or "out"
                F.configure(pin_of(number, NOT_A_PIN), mode)
            end
        end
    end

    function gpio.trig(number, kind, call)
        local pin = pin_of(number, "invalid gpio")
        if call ~= nil and type(call) ~= "function" then error("bad argument #3 to 'trig' (function expected)") end
        kind = kind or 0
        if kind > 3 then error("the emulator has no interrupts by level") end
        if kind == 0 then pin.call = nil elseif call then pin.call = call end
        pin.trig, pin.masked = TRIGS[kind], false
    end

    -- The pin's interrupt is masked until its handler has run: edges in between are lost.
    function F.interrupt(pin, level)
        if pin.masked then return end
        pin.masked = true
        F.post(function()
            if not pin.call then return end
            pin.call(pin.pin, level)
            pin.masked = false
        end)
    end
else
    gpio.INPUT, gpio.OUTPUT, gpio.OPENDRAIN, gpio.INT = 0, 1, 2, 3
    gpio.LOW, gpio.HIGH, gpio.FLOAT, gpio.PULLUP = 0, 1, 0, 1
    local MODES = { [0] = "in", "out", "open", "in" }
    local TRIGS = { none = true, up = true, down = true, both = true, low = true, high = true }

    function gpio.mode(number, mode)
        local pin = pin_of(number, "bad argument #1 to 'mode' (Invalid pin)")
        if number == 0 and mode == gpio.INT then error("bad argument #1 to 'mode' (Invalid pin)") end
        if not MODES[mode] then error("bad argument #2 to 'mode' (wrong arg type)") end
        if mode ~= gpio.INT then pin.call, pin.trig = nil, "none" end
        if F.close_pwm then F.close_pwm(pin) end
        F.configure(pin, MODES[mode])
    end

    function gpio.trig(number, kind, call)
        local pin = pin_of(number, "bad argument #1 to 'trig' (Invalid interrupt pin)")
        kind = kind or "none"
        if number == 0 then error("bad argument #1 to 'trig' (Invalid interrupt pin)") end
        if not TRIGS[kind] then error("bad argument #2 to 'trig' (invalid option '" .. tostring(kind) .. "')") end
        if kind == "low" or kind == "high" then error("the emulator has no interrupts by level") end
        if kind == "none" then
            pin.call = nil
        elseif type(call) == "function" then
            pin.call = call
        elseif call ~= nil or not pin.call then
            pin.call = nil
            error("bad argument #3 to 'trig' (invalid callback type)")
        end
        pin.trig, pin.seen, pin.queued = kind, 0, false
    end

    -- One call for all edges since the last one, with the level at the first of them, its time and their number.
    function F.interrupt(pin, level)
        pin.seen = pin.seen + 1
        if pin.queued then return end
        pin.queued = true
        local at = F.us31
        F.post(function()
            if not pin.queued or not pin.call then return end
            local seen = pin.seen
            pin.queued, pin.seen = false, 0
            pin.call(level, at, seen)
        end)
    end

    -- Levels in turn, each for its microseconds. The short form waits for them; the other one has a timer, and calls back.
    function gpio.serout(number, level, delays, times, call)
        local pin = pin_of(number, "bad argument #1 to 'serout' (Invalid pin)")
        if level ~= 0 and level ~= 1 then error("bad argument #2 to 'serout' (Wrong level type)") end
        if type(delays) ~= "table" or #delays >= 256 then error("bad argument #3 to 'serout' (Invalid delay_times)") end
        local at, us, left = 1, 0, #delays * (times or 1)
        local timer = call ~= nil and tmr.create()
        local function step()
            while left > 0 do
                pin.out = level
                drive(pin)
                level, left, us = 1 - level, left - 1, us + delays[at]
                at = at % #delays + 1
                if timer and us >= 1000 then -- the host's clock has milliseconds
                    local ms = math.floor(us / 1000)
                    us = us - ms * 1000
                    return timer:alarm(ms, tmr.ALARM_SINGLE, step)
                end
            end
            if type(call) == "function" then F.post(call) end
        end
        step()
    end
end

-- A button holds the pin at this level from now on.
function F.events.level(chip, level)
    local pin, before = by_chip[tonumber(chip)], held[chip] or 1
    level = tonumber(level)
    held[chip] = level
    if pin and pin.call and level ~= before and edge_of(pin, level) then F.interrupt(pin, level) end
end
