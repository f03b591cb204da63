-- view_page.lua -- the page of `barchan view`: HTML, style and program, with DATA where the run's numbers go. WebGL 2, nothing from elsewhere.
jit.off(true, true) -- cold: see init.lua
return [==[
<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>TITLE</title>
<style>
  * { box-sizing: border-box; }
  body { margin: 0; height: 100vh; display: grid; grid-template: 1fr auto / 1fr 320px; overflow: hidden; color: #1e2229;
    font: 13px/1.45 system-ui, "DejaVu Sans", sans-serif; background: #eef0f2; }
  #view { position: relative; min-width: 0; min-height: 0; }
  #scene { position: absolute; inset: 0; width: 100%; height: 100%; display: block; cursor: grab; touch-action: none; }
  #scene:active { cursor: grabbing; }
  #side { padding: 14px; overflow: auto; background: #fff; border-left: 1px solid #d9dde2; }
  h1 { font-size: 15px; margin: 0 0 2px; overflow-wrap: anywhere; } h2 { font-size: 12px; margin: 14px 0 2px; font-weight: 600; }
  .soft { color: #69707c; } label { display: flex; gap: 8px; align-items: center; margin: 6px 0; } label span { flex: 0 0 62px; }
  label > select, label > input { flex: 1; min-width: 0; }
  #bar { height: 12px; margin-top: 8px; border-radius: 2px; } #ends { display: flex; justify-content: space-between; }
  canvas.plot { width: 100%; height: 96px; display: block; cursor: pointer; }
  #foot { grid-column: 1 / 3; display: flex; gap: 10px; align-items: center; padding: 9px 14px; background: #fff;
    border-top: 1px solid #d9dde2; }
  #time { flex: 1; } #clock { min-width: 170px; text-align: right; font-variant-numeric: tabular-nums; }
  button, select { font: inherit; padding: 3px 9px; border: 1px solid #c4cad2; border-radius: 4px; background: #f7f8f9; color: inherit; }
  #play { width: 70px; } #trouble { position: absolute; inset: 30% 10% auto; text-align: center; font-size: 15px; }
  @media (max-width: 700px) { body { grid-template: 1fr auto auto / 1fr; } #side { border: 0; max-height: 38vh; } #foot { grid-column: 1; } }
</style></head>
<body>
<div id="view"><canvas id="scene"></canvas><div id="trouble"></div></div>
<div id="side">
  <h1 id="name"></h1><div class="soft" id="about"></div>
  <h2>Colour</h2>
  <label><span>by</span><select id="field"></select></label>
  <div id="bar"></div><div id="ends" class="soft"><span id="low"></span><span id="unit"></span><span id="high"></span></div>
  <h2>View</h2>
  <label><span>from</span><select id="camera"><option>iso<option>front<option>back<option>left<option>right<option>top<option>bottom
    </select></label>
  <label><span>walls</span><input id="walls" type="range" min="0" max="1" step="0.01" value="0.25"></label>
  <label><span>cut y</span><input id="cut" type="range" min="0" max="1" step="0.002" value="0"></label>
  <div class="soft">drag: turn &middot; shift-drag: shift &middot; wheel: nearer &middot; space: play</div>
  <div id="plots"></div>
</div>
<div id="foot"><button id="play">Play</button><input id="time" type="range" min="0" value="0" step="1">
  <select id="rate"><option value="5">5 /s<option value="10">10 /s<option value="25" selected>25 /s<option value="60">60 /s</select>
  <span id="clock"></span></div>
<script>
"use strict";
const DATA = /*DATA*/null/*END*/;
const $ = (id) => document.getElementById(id);
function trouble(text) { $("trouble").textContent = text; document.documentElement.dataset.state = "trouble"; }
function bytes(text) {
  const raw = atob(text), out = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) out[i] = raw.charCodeAt(i);
  return out.buffer;
}
// Blocks are written once; frames name them by number.
const held = new Map();
function block(number, type) {
  const key = number + type.name;
  if (!held.has(key)) held.set(key, new type(bytes(DATA.blocks[number])));
  return held.get(key);
}

// ---- the scene --------------------------------------------------------------------------------------------------
const gl = $("scene").getContext("webgl2", { alpha: false, antialias: true, preserveDrawingBuffer: true });
if (!gl) trouble("This browser has no WebGL 2, or it is switched off.");
function program(vertex, fragment) {
  const p = gl.createProgram();
  for (const [kind, text] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
    const s = gl.createShader(kind);
    gl.shaderSource(s, "#version 300 es\nprecision highp float;\n" + text);
    gl.compileShader(s);
    if (!gl.getShaderParameter(s, gl.COMPILE_STATUS)) throw new Error(gl.getShaderInfoLog(s));
    gl.attachShader(p, s);
  }
  gl.linkProgram(p);
  if (!gl.getProgramParameter(p, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(p));
  return new Proxy(p, { get: (t, name) => name === "it" ? t : gl.getUniformLocation(t, name) });
}
const light = `
vec3 lit(vec3 colour, vec3 n, vec3 toEye, vec3 sun) {
  float d = max(dot(n, sun), 0.0), s = pow(max(dot(n, normalize(sun + toEye)), 0.0), 50.0);
  return colour * (0.52 + 0.14 * n.y + 0.60 * d) + 0.16 * s;
}`;
let spheres, walls, quad, place, size, level, wallPlace, wallIndex, wallCount = 0, count = 0, palette;
function setUp() {
  // A sphere is a square that faces the eye; each pixel meets the true sphere, and has its depth.
  spheres = program(`
    layout(location = 0) in vec2 corner; layout(location = 1) in vec3 at; layout(location = 2) in float r; layout(location = 3) in float v;
    uniform vec3 lo, span; uniform float most, cutAt; uniform mat4 see, project; uniform sampler2D palette;
    out vec3 middle, here, colour; out float radius;
    void main() {
      vec3 world = lo + span * at;
      radius = world.y < cutAt ? 0.0 : r * most;
      middle = (see * vec4(world, 1.0)).xyz;
      vec3 back = normalize(-middle), right = normalize(cross(vec3(0, 1, 0), back)), up = cross(back, right);
      here = middle + 1.12 * radius * (corner.x * right + corner.y * up) + radius * back;
      colour = texture(palette, vec2((v * 255.0 + 0.5) / 256.0, 0.5)).rgb;
      gl_Position = project * vec4(here, 1.0);
    }`, `
    in vec3 middle, here, colour; in float radius; uniform mat4 project; uniform vec3 sun; out vec4 pixel;` + light + `
    void main() {
      vec3 d = normalize(here);
      float b = dot(d, middle), h = b * b - dot(middle, middle) + radius * radius;
      if (h < 0.0 || radius <= 0.0) discard;
      vec3 p = d * (b - sqrt(h)), n = (p - middle) / radius;
      vec4 c = project * vec4(p, 1.0);
      gl_FragDepth = 0.5 * c.z / c.w + 0.5;
      pixel = vec4(lit(colour, n, -d, sun), 1.0);
    }`);
  walls = program(`
    layout(location = 0) in vec3 at; uniform mat4 see, project; out vec3 here; out float y;
    void main() { vec4 p = see * vec4(at, 1.0); here = p.xyz; y = at.y; gl_Position = project * p; }`, `
    in vec3 here; in float y; uniform float opacity, cutAt; uniform vec3 sun; out vec4 pixel;` + light + `
    void main() {
      if (y < cutAt) discard;
      vec3 n = normalize(cross(dFdx(here), dFdy(here))), e = normalize(-here);
      if (dot(n, e) < 0.0) n = -n;
      float rim = 1.0 - dot(n, e), a = mix(opacity * (0.45 + 1.4 * rim * rim), 1.0, opacity * opacity * opacity);
      pixel = vec4(vec3(0.56, 0.62, 0.70) * (0.78 + 0.34 * max(dot(n, sun), 0.0)), min(a, 1.0));
    }`);
  quad = gl.createBuffer(); place = gl.createBuffer(); size = gl.createBuffer(); level = gl.createBuffer();
  wallPlace = gl.createBuffer(); wallIndex = gl.createBuffer();
  gl.bindBuffer(gl.ARRAY_BUFFER, quad);
  gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([-1, -1, 1, -1, -1, 1, 1, 1]), gl.STATIC_DRAW);
  palette = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, palette);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
}

// ---- where from -------------------------------------------------------------------------------------------------
const box = DATA.box, middle = [0, 1, 2].map((k) => 0.5 * (box.lo[k] + box.hi[k]));
const whole = Math.hypot(...[0, 1, 2].map((k) => box.hi[k] - box.lo[k]));
const eye = { turn: 0, rise: 0, far: whole, target: middle.slice() };
const presets = { iso: [Math.atan2(-1, 0.75), 0.34], front: [-Math.PI / 2, 0], back: [Math.PI / 2, 0], left: [Math.PI, 0], right: [0, 0],
  top: [-Math.PI / 2, Math.PI / 2 - 1e-4], bottom: [-Math.PI / 2, -Math.PI / 2 + 1e-4] };
function from(name) { [eye.turn, eye.rise] = presets[name]; eye.target = middle.slice(); eye.far = 1.95 * whole; draw(); }
function matrices(aspect) {
  const [ct, st, cr, sr] = [Math.cos(eye.turn), Math.sin(eye.turn), Math.cos(eye.rise), Math.sin(eye.rise)];
  const back = [cr * ct, cr * st, sr], right = [-st, ct, 0], up = [-sr * ct, -sr * st, cr];
  const at = [0, 1, 2].map((k) => eye.target[k] + eye.far * back[k]);
  const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  const see = [right[0], up[0], back[0], 0, right[1], up[1], back[1], 0, right[2], up[2], back[2], 0, -dot(right, at), -dot(up, at),
    -dot(back, at), 1];
  const f = 1 / Math.tan(0.23), near = Math.max(eye.far - 2 * whole, 0.01 * whole), far = eye.far + 2 * whole;
  const g = aspect < 1 ? f * aspect : f; // in a narrow window all of the width is seen
  const project = [g / aspect, 0, 0, 0, 0, g, 0, 0, 0, 0, (far + near) / (near - far), -1, 0, 0, 2 * far * near / (near - far), 0];
  return { see, project, right, up };
}

// ---- a frame ----------------------------------------------------------------------------------------------------
let now = 0, field = 0;
function fill(buffer, data) { gl.bindBuffer(gl.ARRAY_BUFFER, buffer); gl.bufferData(gl.ARRAY_BUFFER, data, gl.DYNAMIC_DRAW); }
function show(k) {
  now = k;
  const f = DATA.frames[k];
  count = f.count;
  if (gl && count) {
    fill(place, block(f.place, Uint16Array));
    fill(size, block(f.radius, Uint16Array));
    fill(level, block(f.fields[field], Uint8Array));
  }
  if (gl && f.walls) {
    const index = block(f.walls[1], Uint32Array);
    fill(wallPlace, block(f.walls[0], Float32Array));
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, wallIndex);
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, index, gl.DYNAMIC_DRAW);
    wallCount = index.length;
  } else wallCount = 0;
  $("time").value = k;
  $("clock").textContent = "t = " + f.time.toPrecision(4) + " s \u00b7 " + f.count.toLocaleString("en") + " grains";
  draw();
  for (const p of plots) p.draw();
}
let wanted = false, checked = false;
function draw() {
  if (!gl || wanted) return;
  wanted = true;
  requestAnimationFrame(paint);
}
function paint() {
  wanted = false;
  const canvas = $("scene"), scale = window.devicePixelRatio || 1;
  const w = Math.max(1, Math.round(canvas.clientWidth * scale)), h = Math.max(1, Math.round(canvas.clientHeight * scale));
  if (canvas.width !== w || canvas.height !== h) { canvas.width = w; canvas.height = h; }
  gl.viewport(0, 0, w, h);
  gl.clearColor(0.955, 0.96, 0.968, 1);
  gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
  gl.enable(gl.DEPTH_TEST);
  const m = matrices(w / h), sun = [-0.52, 0.68, 0.52];
  const part = +$("cut").value, cutAt = part > 0 ? box.lo[1] + part * (box.hi[1] - box.lo[1]) : -1e30;
  if (count) {
    gl.useProgram(spheres.it);
    gl.uniformMatrix4fv(spheres.see, false, m.see);
    gl.uniformMatrix4fv(spheres.project, false, m.project);
    gl.uniform3fv(spheres.lo, box.lo);
    gl.uniform3fv(spheres.span, [0, 1, 2].map((k) => box.hi[k] - box.lo[k]));
    gl.uniform1f(spheres.most, DATA.largest);
    gl.uniform1f(spheres.cutAt, cutAt);
    gl.uniform3fv(spheres.sun, sun);
    for (const [i, buffer, width, type, normal] of [[0, quad, 2, gl.FLOAT, false], [1, place, 3, gl.UNSIGNED_SHORT, true],
      [2, size, 1, gl.UNSIGNED_SHORT, true], [3, level, 1, gl.UNSIGNED_BYTE, true]]) {
      gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
      gl.enableVertexAttribArray(i);
      gl.vertexAttribPointer(i, width, type, normal, 0, 0);
      gl.vertexAttribDivisor(i, i ? 1 : 0);
    }
    gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, count);
    for (const i of [1, 2, 3]) { gl.disableVertexAttribArray(i); gl.vertexAttribDivisor(i, 0); }
  }
  const opacity = +$("walls").value;
  if (wallCount && opacity > 0) {
    gl.useProgram(walls.it);
    gl.uniformMatrix4fv(walls.see, false, m.see);
    gl.uniformMatrix4fv(walls.project, false, m.project);
    gl.uniform1f(walls.opacity, opacity);
    gl.uniform1f(walls.cutAt, cutAt);
    gl.uniform3fv(walls.sun, sun);
    gl.bindBuffer(gl.ARRAY_BUFFER, wallPlace);
    gl.enableVertexAttribArray(0);
    gl.vertexAttribPointer(0, 3, gl.FLOAT, false, 0, 0);
    gl.vertexAttribDivisor(0, 0);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, wallIndex);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA);
    gl.depthMask(opacity > 0.99);
    gl.drawElements(gl.TRIANGLES, wallCount, gl.UNSIGNED_INT, 0);
    gl.depthMask(true);
    gl.disable(gl.BLEND);
  }
  const page = document.documentElement.dataset;
  if (checked && page.drawn === undefined) { // #check=1: for who looks from outside
    const pixels = new Uint8Array(4 * w * h);
    gl.readPixels(0, 0, w, h, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
    let drawn = 0;
    for (let i = 0; i < pixels.length; i += 4) {
      if (Math.abs(pixels[i] - 244) + Math.abs(pixels[i + 1] - 245) + Math.abs(pixels[i + 2] - 247) > 60) drawn++;
    }
    page.drawn = drawn;
  }
  if (!page.state) page.state = gl.getError() === gl.NO_ERROR ? "ready" : "trouble";
}

// ---- colours ----------------------------------------------------------------------------------------------------
function paintWith(k) {
  field = k;
  const f = DATA.fields[k];
  gl.bindTexture(gl.TEXTURE_2D, palette);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 256, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, block(f.colours, Uint8Array));
  const lut = block(f.colours, Uint8Array), stops = [];
  for (let i = 0; i < 256; i += 15) stops.push(`rgb(${lut[4 * i]},${lut[4 * i + 1]},${lut[4 * i + 2]})`);
  $("bar").style.background = "linear-gradient(to right," + stops.join(",") + ")";
  $("low").textContent = +f.low.toPrecision(3);
  $("high").textContent = +f.high.toPrecision(3);
  $("unit").textContent = f.unit && f.unit !== "1" ? f.unit : "";
  show(now);
}

// ---- plots ------------------------------------------------------------------------------------------------------
const plots = [];
function addPlot(s) {
  const title = document.createElement("h2"), canvas = document.createElement("canvas");
  title.textContent = s.label;
  canvas.className = "plot";
  $("plots").append(title, canvas);
  const times = DATA.series.time;
  const low = Math.min(...s.values), high = Math.max(...s.values), span = high - low || Math.abs(high) || 1;
  const draw = () => {
    const scale = window.devicePixelRatio || 1, w = canvas.clientWidth, h = canvas.clientHeight, c = canvas.getContext("2d");
    canvas.width = w * scale; canvas.height = h * scale;
    c.scale(scale, scale);
    const x = (t) => 4 + (w - 8) * (t - times[0]) / (times[times.length - 1] - times[0] || 1), y = (v) => h - 16 - (h - 32) * (v - low) / span;
    c.strokeStyle = "#e3e6ea"; c.strokeRect(4.5, 15.5, w - 9, h - 31);
    c.strokeStyle = "#4477aa"; c.lineWidth = 1.6; c.beginPath();
    s.values.forEach((v, i) => i ? c.lineTo(x(times[i]), y(v)) : c.moveTo(x(times[i]), y(v)));
    c.stroke();
    c.strokeStyle = "#ee6677"; c.lineWidth = 1; c.beginPath();
    const here = x(DATA.frames[now].time);
    c.moveTo(here, 15); c.lineTo(here, h - 16); c.stroke();
    c.fillStyle = "#69707c"; c.font = "10px system-ui, sans-serif";
    c.fillText((+high.toPrecision(3)).toString(), 4, 11);
    c.fillText((+low.toPrecision(3)).toString(), 4, h - 4);
  };
  canvas.addEventListener("click", (e) => {
    const t = times[0] + (e.offsetX - 4) / (canvas.clientWidth - 8) * (times[times.length - 1] - times[0]);
    let best = 0;
    DATA.frames.forEach((f, i) => { if (Math.abs(f.time - t) < Math.abs(DATA.frames[best].time - t)) best = i; });
    show(best);
  });
  plots.push({ draw });
}

// ---- playing and looking around ---------------------------------------------------------------------------------
let playing = false, last = 0;
function play(on) { playing = on; $("play").textContent = on ? "Pause" : "Play"; last = 0; if (on) requestAnimationFrame(tick); }
function tick(t) {
  if (!playing) return;
  if (!last) last = t;
  const steps = Math.floor((t - last) / 1000 * +$("rate").value);
  if (steps > 0) { last = t; show((now + steps) % DATA.frames.length); }
  requestAnimationFrame(tick);
}
function look() {
  const canvas = $("scene"), held = new Map();
  let apart = 0;
  canvas.addEventListener("pointerdown", (e) => { canvas.setPointerCapture(e.pointerId); held.set(e.pointerId, e); apart = 0; });
  canvas.addEventListener("pointerup", (e) => held.delete(e.pointerId));
  canvas.addEventListener("pointercancel", (e) => held.delete(e.pointerId));
  canvas.addEventListener("pointermove", (e) => {
    const old = held.get(e.pointerId);
    if (!old) return;
    const dx = e.clientX - old.clientX, dy = e.clientY - old.clientY;
    held.set(e.pointerId, e);
    if (held.size === 2) { // two fingers
      const [a, b] = [...held.values()], d = Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
      if (apart) eye.far *= apart / d;
      apart = d;
    } else if (e.shiftKey || e.buttons & 6) {
      const m = matrices(1), s = 0.46 * eye.far / canvas.clientHeight;
      for (let k = 0; k < 3; k++) eye.target[k] += s * (-dx * m.right[k] + dy * m.up[k]);
    } else {
      eye.turn -= 0.008 * dx;
      eye.rise = Math.max(-1.57, Math.min(1.57, eye.rise + 0.008 * dy));
    }
    draw();
  });
  canvas.addEventListener("contextmenu", (e) => e.preventDefault());
  canvas.addEventListener("wheel", (e) => {
    e.preventDefault();
    eye.far = Math.max(0.05 * whole, Math.min(20 * whole, eye.far * Math.exp(0.001 * e.deltaY)));
    draw();
  }, { passive: false });
}
function start() {
  $("name").textContent = DATA.name;
  $("about").textContent = DATA.about;
  $("time").max = DATA.frames.length - 1;
  DATA.fields.forEach((f, i) => $("field").add(new Option(f.label, i)));
  DATA.series.columns.forEach(addPlot);
  $("field").onchange = (e) => paintWith(+e.target.value);
  $("camera").onchange = (e) => from(e.target.value);
  $("walls").oninput = $("cut").oninput = draw;
  $("time").oninput = (e) => { play(false); show(+e.target.value); };
  $("play").onclick = () => play(!playing);
  addEventListener("keydown", (e) => {
    if (e.target.tagName === "SELECT" || e.target.tagName === "BUTTON") return;
    const n = DATA.frames.length, step = { ArrowLeft: -1, ArrowRight: 1 }[e.key];
    if (e.key === " ") { e.preventDefault(); play(!playing); }
    else if (step && e.target.tagName !== "INPUT") { play(false); show((now + step + n) % n); }
  });
  addEventListener("resize", () => { draw(); for (const p of plots) p.draw(); });
  const asked = new URLSearchParams(location.hash.slice(1)); // #frame=12&camera=front
  checked = asked.has("check");
  now = Math.max(0, Math.min(DATA.frames.length - 1, +(asked.get("frame") || 1) - 1));
  if (!gl) { for (const p of plots) p.draw(); return; }
  setUp();
  look();
  if (presets[asked.get("camera")]) $("camera").value = asked.get("camera");
  from($("camera").value);
  paintWith(0);
}
try { start(); } catch (e) { trouble("The view could not be set up: " + e.message); throw e; }
</script></body></html>
]==]
