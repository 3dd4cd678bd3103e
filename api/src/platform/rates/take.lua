-- Takes from all limits of a request, or from none. The rule is rates/rule.rs; this is the part of it that must happen at
-- one moment, and a test holds the two together.
--
-- KEYS: one for each limit; each keeps the moment at which all of it is free again. All times are microseconds.
-- ARGV: now, and for each limit what this takes and how far ahead of now the moment may lie.
-- Returns the moments found.
local now = tonumber(ARGV[1])
local kept = redis.call('MGET', unpack(KEYS))
local found, after, fits = {}, {}, true
for i = 1, #KEYS do
    local takes, most = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
    local free_at = tonumber(kept[i] or now)
    -- Of a clock that was wrong (see rates/rule.rs).
    if free_at > now + most + 60000000 then free_at = now end
    free_at = math.min(math.max(free_at, now), now + most)
    -- A number of 16 digits would be rounded by tostring.
    found[i] = string.format('%.0f', free_at)
    after[i] = free_at + takes
    fits = fits and after[i] <= now + most
end
if fits then
    for i, key in ipairs(KEYS) do
        -- Kept a minute longer than needed: the clocks of several instances differ.
        local milliseconds = math.ceil((after[i] - now) / 1000) + 60000
        redis.call('SET', key, string.format('%.0f', after[i]), 'PX', string.format('%.0f', milliseconds))
    end
end
return found
