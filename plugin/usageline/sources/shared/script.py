"""The script that runs on the server, its keys, and the rights that it needs.

One script looks, decides and takes the lease in one step, so that no two machines decide at the
same time. The server's clock is the only one: every argument is a duration, or a time that the
server itself returned earlier. A stored number that cannot be right counts as absent. After a
failover the clock may be another one's: a minute (STEP) to the future counts as now.

    look   machine, can_ask (0 or 1), max_age_ms, lease_ms, max_wait_ms, max_requests
           -> now_ms, granted, fence, wait_ms, why, machines, requests, reading
    post   machine, fence, wait_ms, why, at_ms, good_ms, keep_ms, reading
           -> gate_set, reading_set
    show   -> now_ms, at_ms, good_until_ms, wait_until_ms, why, machine, askers, viewers,
              requests, reading
    leave  machine

`fence` numbers the leases. A machine that was stopped and wakes up after another one took the
lease has an older number: its answer no longer changes the gate. A post with fence 0 has a reading
that cost no request, and leaves the gate as it is.
"""

from __future__ import annotations

PREFIX = "ul1"
UNUSED = "unused"
"""The reason of a post that returns a lease without a request."""

ASKING = "asking"
"""The reason to wait while another machine has the lease."""

BUDGET = "budget"
"""The reason to wait when the machines have sent all requests of an hour."""

SCRIPT = """
local STEP, HOUR, DAY, WEEK = 60000, 3600000, 86400000, 604800000
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)
local op, machine = ARGV[1], ARGV[2]

local function argument(index)
  return tonumber(ARGV[index])
end

local stored = redis.call('HMGET', KEYS[2], 'until', 'fence', 'why', 'at', 'good', 'by')
local function between(value, low, high)
  local number = tonumber(value or '')
  if number and number >= low and number <= high then return number end
  return 0
end
local fence = between(stored[2], 0, now + WEEK)
local why = stored[3] or ''
local at = math.min(between(stored[4], 1, now + STEP), now)
local good = between(stored[5], 1, now + DAY)

if op == 'leave' then
  redis.call('ZREM', KEYS[3], machine)
  redis.call('ZREM', KEYS[4], machine)
  return {}
end

if op == 'show' then
  return {now, at, good, between(stored[1], 0, now + DAY), why, stored[6] or '',
    redis.call('ZRANGE', KEYS[3], -100, -1, 'WITHSCORES'),
    redis.call('ZRANGE', KEYS[4], -100, -1, 'WITHSCORES'),
    redis.call('ZCOUNT', KEYS[5], now - HOUR, now), redis.call('GET', KEYS[1]) or ''}
end

if op == 'post' then
  local gate_set, reading_set = 0, 0
  local has_lease = argument(3) > 0 and argument(3) == fence
  if has_lease then
    redis.call('HSET', KEYS[2], 'until', now + argument(4), 'why', ARGV[5])
    if ARGV[5] == 'unused' then redis.call('ZREM', KEYS[5], ARGV[3]) end
    gate_set = 1
  end
  local observed = argument(6)
  if ARGV[9] ~= '' and observed <= now + STEP and (has_lease or observed > at) then
    redis.call('SET', KEYS[1], ARGV[9], 'PX', ARGV[8])
    redis.call('HSET', KEYS[2], 'at', observed, 'good', now + argument(7), 'by', machine)
    reading_set = 1
  end
  redis.call('PEXPIRE', KEYS[2], WEEK)
  return {gate_set, reading_set}
end

local can_ask = ARGV[3] == '1'
redis.call('ZADD', can_ask and KEYS[3] or KEYS[4], now, machine)
redis.call('ZREM', can_ask and KEYS[4] or KEYS[3], machine)
for index = 3, 4 do
  redis.call('ZREMRANGEBYSCORE', KEYS[index], '-inf', now - DAY)
  redis.call('ZREMRANGEBYSCORE', KEYS[index], now + STEP + 1, '+inf')
  redis.call('PEXPIRE', KEYS[index], DAY)
end
redis.call('ZREMRANGEBYSCORE', KEYS[5], '-inf', now - HOUR)
redis.call('ZREMRANGEBYSCORE', KEYS[5], now + STEP + 1, '+inf')

local reading = redis.call('GET', KEYS[1]) or ''
local is_fresh = reading ~= '' and at > 0 and now - at < argument(4) and now < good
local longest = argument(5)
if why == 'rate-limited' or why == 'offline' then longest = argument(6) end
local wait = math.max(between(stored[1], 0, now + longest) - now, 0)
local requests = redis.call('ZCARD', KEYS[5])
if wait == 0 and requests >= argument(7) then
  local oldest = redis.call('ZRANGE', KEYS[5], 0, 0, 'WITHSCORES')[2]
  wait = tonumber(oldest) + HOUR - now
  why = 'budget'
end
local granted = 0
if can_ask and wait == 0 and not is_fresh then
  granted, why = 1, 'asking'
  fence = math.max(fence + 1, now)
  redis.call('HSET', KEYS[2], 'until', now + argument(5), 'fence', fence, 'why', why)
  redis.call('PEXPIRE', KEYS[2], WEEK)
  redis.call('ZADD', KEYS[5], now, fence)
  redis.call('PEXPIRE', KEYS[5], HOUR)
  requests = requests + 1
end
return {now, granted, fence, wait, why, redis.call('ZCARD', KEYS[3]), requests, reading}
"""

COMMANDS = (
    *("auth", "select", "eval", "time", "get", "set", "hset", "hmget", "zadd", "zrem", "zcard"),
    *("zcount", "zrange", "zremrangebyscore", "pexpire", "hello"),
)
"""What the script and its connection call. `hello` only tells the version to `shared init`."""

ACL_RULE = f"resetkeys ~{{{PREFIX}:*}}:* resetchannels -@all +" + " +".join(COMMANDS)
"""The rights of a user that can do nothing else on the server."""


def keys_of(account: str) -> list[str]:
    """Return the script's keys. The braces keep them on one node of a cluster."""
    return [f"{{{PREFIX}:{account}}}:{part}" for part in ("reading", "gate", "m", "v", "requests")]
