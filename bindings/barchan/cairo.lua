-- cairo.lua -- drawing on PNG and SVG files by cairo, looked up when a picture or a plot is wanted. Points, top left is (0, 0).
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local errors = require "barchan.errors"
local native = require "barchan.native"

local cairo = {}
local Canvas = {}
Canvas.__index = Canvas
local library -- false: there is none

local function load_library()
  if library ~= nil then return library end
  ffi.cdef [[
    typedef struct brc_cairo brc_cairo;
    typedef struct brc_surface brc_surface;
    typedef struct { double x_bearing, y_bearing, width, height, x_advance, y_advance; } brc_text_extents;
    typedef struct { double ascent, descent, height, max_x_advance, max_y_advance; } brc_font_extents;
    const char* cairo_version_string(void);
    const char* cairo_status_to_string(int status);
    brc_surface* cairo_image_surface_create(int format, int width, int height);
    brc_surface* cairo_image_surface_create_for_data(unsigned char* data, int format, int width, int height, int stride);
    brc_surface* cairo_svg_surface_create(const char* file, double width, double height);
    int cairo_surface_status(brc_surface* s);
    int cairo_surface_write_to_png(brc_surface* s, const char* file);
    void cairo_surface_finish(brc_surface* s);
    void cairo_surface_mark_dirty(brc_surface* s);
    void cairo_surface_destroy(brc_surface* s);
    brc_cairo* cairo_create(brc_surface* s);
    void cairo_destroy(brc_cairo* c);
    int cairo_status(brc_cairo* c);
    void cairo_set_source_rgba(brc_cairo* c, double r, double g, double b, double a);
    void cairo_set_line_width(brc_cairo* c, double w);
    void cairo_set_line_join(brc_cairo* c, int join);
    void cairo_set_line_cap(brc_cairo* c, int cap);
    void cairo_set_dash(brc_cairo* c, const double* dashes, int count, double offset);
    void cairo_move_to(brc_cairo* c, double x, double y);
    void cairo_line_to(brc_cairo* c, double x, double y);
    void cairo_rectangle(brc_cairo* c, double x, double y, double w, double h);
    void cairo_new_path(brc_cairo* c);
    void cairo_close_path(brc_cairo* c);
    void cairo_clip(brc_cairo* c);
    void cairo_reset_clip(brc_cairo* c);
    void cairo_stroke(brc_cairo* c);
    void cairo_fill(brc_cairo* c);
    void cairo_save(brc_cairo* c);
    void cairo_restore(brc_cairo* c);
    void cairo_translate(brc_cairo* c, double x, double y);
    void cairo_rotate(brc_cairo* c, double angle);
    void cairo_select_font_face(brc_cairo* c, const char* family, int slant, int weight);
    void cairo_set_font_size(brc_cairo* c, double size);
    void cairo_text_extents(brc_cairo* c, const char* text, brc_text_extents* out);
    void cairo_font_extents(brc_cairo* c, brc_font_extents* out);
    void cairo_show_text(brc_cairo* c, const char* text);
  ]]
  library = native.library({ "libcairo.so.2", "cairo" }, "cairo_version_string")
  return library
end

--- The version of cairo here, or nil.
function cairo.version()
  local lib = load_library()
  return lib and ffi.string(lib.cairo_version_string()) or nil
end

--- Raises unless there is cairo.
function cairo.needed(what)
  if load_library() then return end
  errors.raise(what .. ": cairo is not here (Debian: apt-get install libcairo2), and pictures and plots need it", errors.DEVICE)
end

local function new(surface, width, height, what)
  local lib = library
  if lib.cairo_surface_status(surface) ~= 0 then
    errors.raise(("%s: %s"):format(what, ffi.string(lib.cairo_status_to_string(lib.cairo_surface_status(surface)))), errors.FILE)
  end
  local c = lib.cairo_create(surface)
  local canvas = setmetatable({ surface = surface, c = c, width = width, height = height, what = what }, Canvas)
  lib.cairo_select_font_face(c, "sans-serif", 0, 0)
  return canvas
end

--- A canvas over pixels of four bytes, b g r and one that is not looked at.
function cairo.over(what, pixels, width, height)
  cairo.needed(what)
  local surface = library.cairo_image_surface_create_for_data(ffi.cast("unsigned char*", pixels), 1, width, height, 4 * width)
  local canvas = new(surface, width, height, what)
  canvas.pixels = pixels
  return canvas
end

--- A white canvas that save() writes: as SVG or as PNG, by the ending of the name.
function cairo.canvas(what, path, width, height)
  cairo.needed(what)
  local svg = path:lower():find "%.svg$"
  local surface
  if svg then surface = library.cairo_svg_surface_create(path .. ".part", width, height)
  else surface = library.cairo_image_surface_create(1, width, height) end
  local canvas = new(surface, width, height, what)
  canvas.svg = svg
  canvas:rectangle(0, 0, width, height, { 1, 1, 1 })
  return canvas
end

--- Writes the picture under a temporary name and gives it its own: readers see the old one or the whole new one.
function Canvas:save(path)
  local lib, part = library, path .. ".part"
  local status = lib.cairo_status(self.c)
  if status == 0 and not self.svg then status = lib.cairo_surface_write_to_png(self.surface, part) end
  lib.cairo_destroy(self.c)
  lib.cairo_surface_finish(self.surface)
  if status == 0 then status = lib.cairo_surface_status(self.surface) end
  lib.cairo_surface_destroy(self.surface)
  local ok, message = status == 0, status ~= 0 and ffi.string(lib.cairo_status_to_string(status))
  if ok then ok, message = os.rename(part, path) end
  if not ok then
    os.remove(part)
    errors.raise(("%s: cannot write '%s': %s"):format(self.what, path, (tostring(message):gsub("^.*: ", ""))), errors.FILE)
  end
end

local function colour(self, rgb) library.cairo_set_source_rgba(self.c, rgb[1], rgb[2], rgb[3], rgb[4] or 1) end

function Canvas:rectangle(x, y, w, h, rgb)
  colour(self, rgb)
  library.cairo_rectangle(self.c, x, y, w, h)
  library.cairo_fill(self.c)
end

--- A line through points { x, y, x, y, ... }; a gap where one is not a number.
function Canvas:line(points, width, rgb, dashes)
  local c = self.c
  colour(self, rgb)
  library.cairo_set_line_width(c, width)
  library.cairo_set_line_join(c, 1)
  library.cairo_set_dash(c, dashes and ffi.new("double[?]", #dashes, dashes) or nil, dashes and #dashes or 0, 0)
  local pen = false
  for i = 1, #points, 2 do
    local x, y = points[i], points[i + 1]
    if x ~= x or y ~= y then pen = false
    elseif pen then library.cairo_line_to(c, x, y)
    else
      library.cairo_move_to(c, x, y)
      pen = true
    end
  end
  library.cairo_stroke(c)
end

--- Draws only within a rectangle while `body` runs.
function Canvas:within(x, y, w, h, body)
  library.cairo_save(self.c)
  library.cairo_rectangle(self.c, x, y, w, h)
  library.cairo_clip(self.c)
  body()
  library.cairo_restore(self.c)
end

--- Width of a text.
function Canvas:measure(text, size)
  local out = ffi.new "brc_text_extents"
  library.cairo_set_font_size(self.c, size)
  library.cairo_text_extents(self.c, text, out)
  return out.x_advance
end

--- A text whose middle line is at y. align: 0 begins at x, 0.5 has its middle there, 1 ends there. turn: [rad] clockwise.
function Canvas:text(x, y, text, size, rgb, align, turn)
  local width, font, c = self:measure(text, size), ffi.new "brc_font_extents", self.c
  library.cairo_font_extents(c, font)
  colour(self, rgb)
  library.cairo_save(c)
  library.cairo_translate(c, x, y)
  if turn then library.cairo_rotate(c, turn) end
  library.cairo_move_to(c, -(align or 0) * width, 0.36 * (font.ascent - font.descent) + 0.1 * font.descent)
  library.cairo_show_text(c, text)
  library.cairo_restore(c)
end

--- Ticks for an axis from low to high: about `count` round numbers; and how to write them.
function cairo.ticks(low, high, count)
  local span = high - low
  if not (span > 0) then return { low }, "%g" end
  local raw = span / count
  local power = 10 ^ math.floor(math.log10(raw))
  local step = raw / power
  step = (step < 1.5 and 1 or step < 3.5 and 2 or step < 7.5 and 5 or 10) * power
  local list, first = {}, math.ceil(low / step - 1e-9)
  for i = first, math.floor(high / step + 1e-9) do list[#list + 1] = i * step end
  local digits = math.max(0, -math.floor(math.log10(step) + 1e-9))
  local largest = math.max(math.abs(low), math.abs(high))
  local format = (largest >= 1e5 or digits > 4) and "%.3g" or ("%%.%df"):format(digits)
  return list, format
end

--- A number as people write it: with a true minus, and powers of ten.
function cairo.number(value, format)
  if math.abs(value) < 1e-300 then value = 0 end
  local text = format:format(value)
  if text:find "e" then
    local m, sign, e = text:match "^(.-)e([-+])0*(%d+)$"
    local superscript = { ["0"] = "⁰", ["1"] = "¹", ["2"] = "²", ["3"] = "³", ["4"] = "⁴", ["5"] = "⁵", ["6"] = "⁶", ["7"] = "⁷", ["8"] = "⁸",
      ["9"] = "⁹" }
    text = m .. "·10" .. (sign == "-" and "⁻" or "") .. e:gsub("%d", superscript)
  end
  return (text:gsub("^%-", "−"))
end

--- Lengths and the like that are small are told in thousandths: the factor and the unit's name.
function cairo.prefix(unit, largest)
  local known = { m = true, N = true, s = true, J = true, ["m/s"] = true }
  if not known[unit] or largest >= 0.02 or largest == 0 then return 1, unit end
  if largest >= 2e-5 then return 1e3, "m" .. unit end
  return 1e6, "µ" .. unit
end

--- A unit as people write it: m/s^2 with a raised 2, a dot for a product.
function cairo.unit(unit)
  if unit == "" or unit == "1" then return "" end
  local raised = { ["2"] = "²", ["3"] = "³" }
  return " [" .. unit:gsub("%^([23])", raised):gsub(" ", "·") .. "]"
end

return cairo
