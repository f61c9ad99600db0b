-- What typescript-to-lua calls where Lua has no one-word answer, with JavaScript's results. The build takes
-- only the functions a bundle uses, and fails when it uses one that is not here. One blank line between two.

function __TS__StringCharCodeAt(s, i)
    return string.byte(s, i + 1) or 0 / 0
end

function __TS__StringCharAt(s, i)
    return string.sub(s, i + 1, i + 1)
end

function __TS__StringSlice(s, from, to)
    return string.sub(s, from < 0 and from or from + 1, to and to < 0 and to - 1 or to)
end

function __TS__StringSubstring(s, from, to)
    if to and from > to then from, to = to, from end
    return string.sub(s, math.max(from, 0) + 1, to and math.max(to, 0))
end

function __TS__StringIndexOf(s, part, from)
    return (string.find(s, part, (from or 0) + 1, true) or 0) - 1
end
