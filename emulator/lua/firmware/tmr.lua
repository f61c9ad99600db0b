-- tmr: app/modules/tmr.c and components/modules/tmr.c. The host fires "timer <arming>".
local esp32 = F.board == "esp32"
local TICK_MS = 10 -- FreeRTOS, as ESP-IDF configures it
local armings, last = {}, 0 -- the firmware's registry: what runs is not collected

tmr = { ALARM_SINGLE = 0, ALARM_AUTO = 1, ALARM_SEMI = 2 }
if not esp32 then
    function tmr.now() return F.us31 end
end

local methods = {}
local class = { __index = methods }

function tmr.create() return setmetatable({ mode = nil, arming = nil }, class) end

local function disarm(timer)
    local was = timer.arming
    if was then
        armings[was] = nil
        timer.arming = nil
        F.out("disarm", was)
    end
    return was ~= nil
end

local function arm(timer)
    last = last + 1
    timer.arming = last
    armings[last] = timer
    local ms = timer.ms
    if esp32 then ms = ms - ms % TICK_MS end
    F.out("arm", last, string.format("%d", ms))
end

function methods.register(timer, ms, mode, call)
    if math.floor(ms) ~= ms then error("bad argument #2 to 'register' (number has no integer representation)") end
    if ms < 1 or ms > 6870947 then error("bad argument #2 to 'register' (Range: 1-6870947)") end
    if type(mode) ~= "number" or mode < 0 or mode > 2 then error("bad argument #3 to 'register' (Invalid mode)") end
    if type(call) ~= "function" then error("bad argument #4 to 'register' (Must be function)") end
    if esp32 and ms < TICK_MS then
        F.panic("assert failed: prvInitialiseNewTimer timers.c (xTimerPeriodInTicks > 0)")
        error("dead")
    end
    disarm(timer)
    timer.ms, timer.mode, timer.call = ms, mode, call
end

function methods.start(timer, restart)
    if not timer.mode then error("timer not registered") end
    if timer.arming and not restart then return false end
    disarm(timer)
    arm(timer)
    return true
end

function methods.alarm(timer, ms, mode, call)
    timer:register(ms, mode, call)
    return timer:start()
end

function methods.stop(timer) return disarm(timer) end

function methods.unregister(timer)
    disarm(timer)
    timer.mode, timer.call = nil, nil
end

function methods.interval(timer, ms)
    timer.ms = ms
    if disarm(timer) then arm(timer) end
end

function methods.state(timer)
    if not timer.mode then return nil end
    return timer.arming ~= nil, timer.mode
end

function F.events.timer(id)
    local timer = armings[tonumber(id)]
    if not timer then return end -- stopped while the event was on its way
    local call = timer.call
    armings[timer.arming] = nil
    timer.arming = nil
    if timer.mode == tmr.ALARM_AUTO then
        arm(timer)
    elseif timer.mode == tmr.ALARM_SINGLE then
        timer.mode, timer.call = nil, nil
    end
    call(timer)
end
