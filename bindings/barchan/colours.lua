-- colours.lua -- scales of colour for fields, and colours that can be told apart, for pictures, plots and the viewer.
jit.off(true, true) -- cold: see init.lua
local colours = {}

local function hex(list)
  local out = {}
  for word in list:gmatch "%x%x%x%x%x%x" do
    out[#out + 1] = { tonumber(word:sub(1, 2), 16), tonumber(word:sub(3, 4), 16), tonumber(word:sub(5, 6), 16) }
  end
  return out
end

--- Anchors of equal distance, r g b from 0 to 255; between them colours are mixed. viridis, plasma: of matplotlib (S. van der Walt, N. Smith);
-- coolwarm: K. Moreland.
colours.maps = {
  viridis = hex "440154 482878 3e4989 31688e 26828e 1f9e89 35b779 6ece58 b5de2b fde725",
  plasma = hex "0d0887 46039f 7201a8 9c179e bd3786 d8576b ed7953 fb9f3a fdca26 f0f921",
  coolwarm = hex "3b4cc0 6788ee 9abbff c9d7f0 edd1c2 f7a889 e26952 b40426",
  heat = hex "1b1b3a 5a1846 900c3f c70039 ff5733 ffc305 fff4b0",
  force = hex "dfe3e8 f4cf6a f08a24 d1351b 6a0012",
  grey = hex "202020 e8e8e8",
}
colours.names = { "viridis", "plasma", "coolwarm", "heat", "force", "grey" }

--- For materials and curves.
colours.kinds = hex "4477aa ee6677 228833 ccbb44 66ccee aa3377 bbbbbb ee8866 44bb99 332288"

--- A colour of a scale, t from 0 to 1.
function colours.at(map, t)
  t = t ~= t and 0 or t < 0 and 0 or t > 1 and 1 or t
  local n = #map - 1
  local i = math.min(math.floor(t * n), n - 1)
  local f, a, b = t * n - i, map[i + 1], map[i + 2]
  return a[1] + f * (b[1] - a[1]), a[2] + f * (b[2] - a[2]), a[3] + f * (b[3] - a[3])
end

return colours
