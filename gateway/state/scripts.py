"""Lua scripts that Redis runs atomically: no other command runs between their reads and writes.

A hold is stored as ``h:`` and the counters of its grant while it is reserved, and as ``d`` once it is settled.
"""

from typing import Final

_COUNTING: Final = """
local function used(key, oldest)
  local sum, rows = 0, redis.call('HGETALL', key)
  for i = 1, #rows, 2 do
    if tonumber(rows[i]) >= oldest then sum = sum + tonumber(rows[i + 1]) end
  end
  return sum
end
local function frees(key, oldest, over)
  local rows, buckets = redis.call('HGETALL', key), {}
  for i = 1, #rows, 2 do buckets[#buckets + 1] = {tonumber(rows[i]), tonumber(rows[i + 1])} end
  table.sort(buckets, function(a, b) return a[1] < b[1] end)
  for _, bucket in ipairs(buckets) do
    if bucket[1] >= oldest then
      over = over - bucket[2]
      if over <= 0 then return bucket[1] end
    end
  end
  return -1
end
local function add(key, bucket, oldest, amount, expires)
  for _, row in ipairs(redis.call('HKEYS', key)) do
    if tonumber(row) < oldest then redis.call('HDEL', key, row) end
  end
  redis.call('HINCRBY', key, bucket, amount)
  -- 'GT' never sets an expiry on a key that has none: Redis treats that as infinite.
  if redis.call('PTTL', key) < 0 then redis.call('PEXPIREAT', key, expires)
  else redis.call('PEXPIREAT', key, expires, 'GT') end
end
"""

RESERVE: Final = (
    _COUNTING
    + """
-- KEYS: the hold, then a counter for each booking, then a HyperLogLog for a distinct entry.
-- ARGV: lifetime of the hold in milliseconds; then bucket, oldest, amount, limit, expiry for each booking; then the
-- member and the lifetime of the HyperLogLog in milliseconds, from its first member.
-- Returns: the refused booking (counted from 1; 0 for none), the bucket that frees it, the number of distinct
-- members (-1 without a distinct entry), the value of each counter.
local bookings = math.floor((#ARGV - 1) / 5)
local sums, refused, free = {}, 0, -1
local function granted()
  local set = KEYS[bookings + 2]
  if not set then return {0, -1, -1, unpack(sums)} end
  redis.call('PFADD', set, ARGV[#ARGV - 1])
  if redis.call('PTTL', set) < 0 then redis.call('PEXPIRE', set, ARGV[#ARGV]) end
  return {0, -1, redis.call('PFCOUNT', set), unpack(sums)}
end
local known = redis.call('GET', KEYS[1])
if known and string.sub(known, 1, 2) == 'h:' then
  for sum in string.gmatch(known, '%d+') do sums[#sums + 1] = tonumber(sum) end
  return granted()
end
for i = 1, bookings do
  local at = (i - 1) * 5 + 1
  sums[i] = used(KEYS[i + 1], tonumber(ARGV[at + 2]))
  local over = sums[i] + tonumber(ARGV[at + 3]) - tonumber(ARGV[at + 4])
  if refused == 0 and over > 0 then
    refused, free = i, frees(KEYS[i + 1], tonumber(ARGV[at + 2]), over)
  end
end
-- Settled already: a late repetition is granted and books nothing.
if known then return granted() end
if refused > 0 then return {refused, free, -1, unpack(sums)} end
for i = 1, bookings do
  local at = (i - 1) * 5 + 1
  add(KEYS[i + 1], ARGV[at + 1], tonumber(ARGV[at + 2]), ARGV[at + 3], ARGV[at + 5])
  sums[i] = sums[i] + tonumber(ARGV[at + 3])
end
if bookings > 0 then redis.call('SET', KEYS[1], 'h:' .. table.concat(sums, ','), 'PX', ARGV[1]) end
return granted()
"""
)

SETTLE: Final = (
    _COUNTING
    + """
-- KEYS and ARGV: as above, with the amount spent instead of the limit.
-- Returns 1 when this call settled the hold, 0 when it was settled before.
local known = redis.call('GET', KEYS[1])
if known == 'd' then return 0 end
for i = 2, #KEYS do
  local at = (i - 2) * 5 + 1
  local delta = tonumber(ARGV[at + 4])
  if known then delta = delta - tonumber(ARGV[at + 3]) end
  if delta ~= 0 then
    -- %.0f: tostring would write large numbers in exponent notation, which HINCRBY refuses.
    add(KEYS[i], ARGV[at + 1], tonumber(ARGV[at + 2]), string.format('%.0f', delta), ARGV[at + 5])
  end
end
redis.call('SET', KEYS[1], 'd', 'PX', ARGV[1])
return 1
"""
)

REVOKE: Final = """
-- KEYS: the set of revocations. ARGV: the credential, until when (seconds), now (seconds).
-- Expired entries are removed first: Redis lets a script that starts by freeing memory write even when memory is full.
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[3])
redis.call('ZADD', KEYS[1], 'GT', ARGV[2], ARGV[1])
return 1
"""
