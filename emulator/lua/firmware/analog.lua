-- pwm and adc: app/modules/{pwm,adc}.c; ledc and adc: components/modules/{ledc,adc}.c. The hands see a pin's duty as a level between 0 and 1.
local esp32 = F.board == "esp32"
local volts = {}

function F.events.analog(channel, value) volts[tonumber(channel)] = tonumber(value) end

-- What the converter makes of volts: 0 to `most`, which `full` volts are.
local function sample(channel, full, most)
    return math.floor(math.min((volts[channel] or 0) / full, 1) * most + 0.5)
end

local function report(pin)
    local duty = pin.pwm.duty / pin.pwm.whole
    F.drive(pin, duty > 0 and duty < 1 and string.format("%.4f", duty) or duty > 0 and "1" or "0")
end

local function integer(value, name)
    if type(value) ~= "number" or value ~= math.floor(value) then
        error("bad argument to '" .. name .. "' (number expected)", 3)
    end
    return value
end

adc = {}
if esp32 then
    adc.ADC1, adc.ADC2, adc.ATTEN_0db, adc.ATTEN_2_5db, adc.ATTEN_6db, adc.ATTEN_11db = 1, 2, 0, 1, 2, 3
    local bits = 12
    function adc.setwidth(_, width) bits = width end
    function adc.setup() end
    function adc.read(_, channel) return sample(integer(channel, "read"), 3.3, 2 ^ bits - 1) end

    ledc = { HIGH_SPEED = 0, LOW_SPEED = 1, IDLE_LOW = 0, IDLE_HIGH = 1 }
    for i = 0, 7 do ledc["CHANNEL_" .. i] = i end
    for i = 0, 2 do ledc["TIMER_" .. i] = i end
    for i = 10, 20 do ledc["TIMER_" .. i .. "_BIT"] = i end
    local methods = {}
    local class = { __index = methods }

    function ledc.newChannel(given)
        for _, name in ipairs({ "gpio", "frequency", "mode", "timer", "channel", "duty" }) do
            if type(given[name]) ~= "number" then error("missing/bad '" .. name .. "' field") end
        end
        local pin = F.pin_of(given.gpio, "invalid argument")
        local whole = 2 ^ (given.bits or ledc.TIMER_13_BIT)
        pin.pwm = { hz = integer(given.frequency, "newChannel"), duty = integer(given.duty, "newChannel"), whole = whole }
        report(pin)
        return setmetatable({ pin = pin }, class)
    end

    function methods.setduty(channel, duty)
        channel.pin.pwm.duty = integer(duty, "setduty")
        report(channel.pin)
    end
    function methods.setfreq(channel, hz)
        channel.pin.pwm.hz = integer(hz, "setfreq")
        report(channel.pin)
    end
    function methods.getduty(channel) return channel.pin.pwm.duty end
    function methods.getfreq(channel) return channel.pin.pwm.hz end
    function methods.stop(channel, level) F.drive(channel.pin, level) end
else
    function adc.read() return sample(0, 3.3, 1024) end -- the divider of most boards makes 3.3 V of the chip's 1 V
    function adc.readvdd33() return 65535 end

    local MAX_HZ, MAX_CHANNELS = 1000, 6
    local channels = {}
    pwm = {}

    local function of(number)
        return F.pin_of(number, "pwm does not exist")
    end
    -- one timer for all: the last frequency is everyone's
    local clock = 0
    local function set_clock(hz)
        if hz <= 0 then error("wrong arg range", 3) end
        clock = math.min(integer(hz, "setclock"), MAX_HZ)
        return clock
    end

    function F.close_pwm(pin) pin.pwm, channels[pin.pin] = nil, nil end

    function pwm.setup(number, hz, duty)
        if number == 0 then error("no pwm for D0") end
        local pin = of(number)
        if hz <= 0 or duty < 0 or duty > 1023 then error("wrong arg range") end
        gpio.mode(number, gpio.OUTPUT)
        local count = 0
        for _ in pairs(channels) do count = count + 1 end
        if count == MAX_CHANNELS then error("too many pwms.") end
        pin.pwm, pin.kept = { duty = 0, whole = 1023 }, integer(duty, "setup")
        channels[number] = pin
        return set_clock(hz)
    end

    local function set(pin, duty)
        pin.pwm.duty = duty
        report(pin)
    end
    function pwm.start(number)
        local pin = of(number)
        if not pin.pwm then error("Unable to start PWM output") end
        set(pin, pin.kept)
    end
    function pwm.stop(number)
        local pin = of(number)
        if pin.pwm then set(pin, 0) end
    end
    function pwm.setduty(number, duty)
        local pin = of(number)
        if duty < 0 or duty > 1023 then error("wrong arg range") end
        if not pin.pwm then return 0 end
        pin.kept = integer(duty, "setduty")
        set(pin, pin.kept)
        return duty
    end
    function pwm.getduty(number) return of(number).pwm and of(number).kept or 0 end
    function pwm.setclock(number, hz) return of(number).pwm and set_clock(hz) or 0 end
    function pwm.getclock(number) return of(number).pwm and clock or 0 end
    function pwm.close(number)
        local pin = of(number)
        if pin.pwm then set(pin, 0) end
        F.close_pwm(pin)
    end
end
