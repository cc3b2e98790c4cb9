"""The Lua scripts that Redis runs for the shop: each is one atomic step."""

import hashlib
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Script:
    """A Lua script and the name under which Redis keeps it."""

    source: str

    @cached_property
    def sha(self) -> str:
        """What EVALSHA calls the script: the SHA-1 of its text."""
        return hashlib.sha1(self.source.encode(), usedforsecurity=False).hexdigest()


# KEYS[1] the state of the open event; ARGV[1] the field of the user. The answer: status, event, coupons left.
RESERVE = Script("""
local state = redis.call('HMGET', KEYS[1], 'id', 'left', ARGV[1])
if not state[1] or not state[2] then return {'missing', 0, 0} end
local left = tonumber(state[2])
if state[3] then return {'duplicate', state[1], left} end
if left <= 0 then return {'sold_out', state[1], 0} end
redis.call('HSET', KEYS[1], ARGV[1], 1, 'left', left - 1)
return {'reserved', state[1], left - 1}
""")

# KEYS[1] the state; ARGV: event, field of the user, coupons to put back (0 or 1).
RELEASE = Script("""
if redis.call('HGET', KEYS[1], 'id') ~= ARGV[1] then return 0 end
if redis.call('HDEL', KEYS[1], ARGV[2]) == 0 then return 0 end
redis.call('HINCRBY', KEYS[1], 'left', ARGV[3])
return 1
""")

# KEYS[1] the state; ARGV: event that must be in it ('' for none), the event to open, its coupons, its coupons left,
# then the fields of users who have one already. Only the first of several callers wins.
OPEN = Script("""
local current = redis.call('HGET', KEYS[1], 'id') or ''
if current ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'id', ARGV[2], 'total', ARGV[3], 'left', ARGV[4])
for field = 5, #ARGV do redis.call('HSET', KEYS[1], ARGV[field], 1) end
return 1
""")

# KEYS[1] the stock by product; ARGV: product, quantity, product, quantity, ... All of it is taken, or nothing.
TAKE_STOCK = Script("""
for place = 1, #ARGV, 2 do
  local left = redis.call('HGET', KEYS[1], ARGV[place])
  if not left then return 'missing' end
  if tonumber(left) < tonumber(ARGV[place + 1]) then return 'too few' end
end
for place = 1, #ARGV, 2 do redis.call('HINCRBY', KEYS[1], ARGV[place], -ARGV[place + 1]) end
return 'taken'
""")

# The same arguments; gives back to those products that are counted at all.
GIVE_BACK_STOCK = Script("""
for place = 1, #ARGV, 2 do
  if redis.call('HEXISTS', KEYS[1], ARGV[place]) == 1 then
    redis.call('HINCRBY', KEYS[1], ARGV[place], ARGV[place + 1])
  end
end
return 'given back'
""")

# KEYS[1] a lock; ARGV[1] the token of whoever took it.
UNLOCK = Script("""
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
""")
