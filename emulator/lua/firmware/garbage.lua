-- A finalizer for a table: its __gc in Lua 5.3, a proxy's in 5.1. Where there is no collector (fengari) it never runs.
function F.finally(object, finalizer)
    if newproxy then
        local proxy = newproxy(true)
        getmetatable(proxy).__gc = finalizer
        object.proxy = proxy
    else
        object.proxy = setmetatable({}, { __gc = finalizer })
    end
    return object
end
