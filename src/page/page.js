/* The report's script: the map, the table's sorting and filter, the theme. It reads the blocks of the page and nothing
 * else. Texts go into the page as textContent only. */
'use strict';
(() => {
const DATA = JSON.parse(document.getElementById('kc-data').textContent);
const SAMPLE = 50000;   // points that a picture has while the map moves
const NOISE = DATA.wide === 1 ? 0xFF : DATA.wide === 2 ? 0xFFFF : 0xFFFFFFFF;
const root = document.documentElement;
const $ = id => document.getElementById(id);
const count = v => v.toLocaleString('en');
const figure = v => v === null || v === undefined ? '–' : v.toFixed(2).replace('-', '−');
const order = Array.from({length: DATA.k}, (_, c) => c).sort((a, b) => DATA.size[b] - DATA.size[a] || a - b);
const place = new Uint32Array(DATA.k); // of each cluster in the order
order.forEach((c, i) => { place[c] = i; });

/* Make an element: its attributes and properties, its children. */
function make(tag, set = {}, ...children) {
  const el = document.createElement(tag);
  for (const [key, value] of Object.entries(set)) {
    if (key.startsWith('on')) el.addEventListener(key.slice(2), value);
    else if (key in el && key !== 'list') el[key] = value;
    else el.setAttribute(key, value);
  }
  el.append(...children);
  return el;
}

const plural = (n, what) => `${count(n)} ${what}${n === 1 ? '' : 's'}`;

/* Say something to a screen reader. */
function say(text) { $('say').textContent = text; }

/* Return the bytes of a block, or null. */
function bytesOf(id) {
  const el = $(id);
  if (!el) return null;
  const text = el.textContent;
  el.textContent = '';
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const raw = atob(text), out = new Uint8Array(raw.length);
  for (let i = 0; i < out.length; i++) out[i] = raw.charCodeAt(i);
  return out;
}

/* Return bytes as numbers of 1, 2 or 4 bytes. */
function numbersOf(id, wide) {
  const b = bytesOf(id);
  if (!b || wide === 1) return b;
  const whole = b.byteOffset % wide ? b.slice() : b;
  return wide === 2 ? new Uint16Array(whole.buffer, whole.byteOffset, b.length / 2) : new Uint32Array(whole.buffer, whole.byteOffset, b.length / 4);
}

/* ---- Colours ------------------------------------------------------------------------------------------------- */

const INKS = 24;
let ink = []; // of the theme: [r, g, b] of each colour, then noise, paper, text

/* Read the colours of the theme. */
function readColours() {
  const style = getComputedStyle(root);
  const read = name => {
    const v = parseInt(style.getPropertyValue(name).trim().slice(1), 16) || 0;
    return [v >> 16, v >> 8 & 255, v & 255];
  };
  ink = Array.from({length: INKS}, (_, i) => read('--i' + i));
  ink.noise = read('--noise');
  ink.paper = read('--paper');
  ink.text = read('--text');
  ink.heat = Array.from({length: 9}, (_, i) => read('--h' + i));
}
const mix = (a, b, t) => a.map((v, i) => Math.round(v + (b[i] - v) * t));
const css = c => `rgb(${c[0]} ${c[1]} ${c[2]})`;
const pack = c => (255 << 24 | c[2] << 16 | c[1] << 8 | c[0]) >>> 0;

/* Return the luminance of a colour, and the contrast of two (WCAG 2). */
function luminance(c) {
  const [r, g, b] = c.map(v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(a, b) {
  const x = luminance(a), y = luminance(b);
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

/* Return the colour as text: mixed with that of the text until it can be read. */
function readable(c) {
  let t = 0.45;
  while (t < 1 && contrast(mix(c, ink.text, t), ink.paper) < 5) t += 0.1;
  return mix(c, ink.text, Math.min(t, 1));
}

/* ---- Texts of rows ------------------------------------------------------------------------------------------- */

const texts = {all: '', start: null, low: '', lowStart: null, ready: null};

/* Return where the lines of a text begin. */
function lineStarts(all) {
  const start = new Uint32Array(DATA.n + 1);
  for (let i = 0, at = 0; i < DATA.n; i++) {
    at = all.indexOf('\n', at) + 1;
    start[i + 1] = at;
  }
  return start;
}

/* Inflate the texts, once. */
function loadTexts() {
  texts.ready ??= (async () => {
    const bytes = DATA.texts ? bytesOf('kc-texts') : null;
    if (!bytes) return;
    if (!window.DecompressionStream) {
      say('This browser cannot unpack the texts of the rows.');
      return;
    }
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
    texts.all = await new Response(stream).text();
    texts.start = lineStarts(texts.all);
  })();
  return texts.ready;
}
const textOf = i => texts.start ? texts.all.slice(texts.start[i], texts.start[i + 1] - 1) : '';

/* Return the rows whose texts have the words, ascending. */
function findRows(words) {
  const hits = [];
  if (!texts.start) return hits;
  if (!texts.lowStart) {
    texts.low = texts.all.toLowerCase();
    texts.lowStart = texts.low.length === texts.all.length ? texts.start : lineStarts(texts.low);
  }
  let low = 0;
  for (let at = texts.low.indexOf(words); at >= 0;) {
    for (let high = DATA.n - 1; low < high;) { // the last line that begins at or before the place
      const middle = low + high + 1 >> 1;
      if (texts.lowStart[middle] <= at) low = middle; else high = middle - 1;
    }
    hits.push(low);
    if (++low >= DATA.n) break;
    at = texts.low.indexOf(words, texts.lowStart[low]);
  }
  return hits;
}

/* ---- The map: rows -------------------------------------------------------------------------------------------- */

/* The rows in the order of the cells of a grid, so that those in view, and those near a point, lie together. A sample
 * is every so-many-th of them: it is spread over the map as all are. */
const grid = {side: 1, shift: 16, start: null, row: null, x: null, y: null, ink: null};
let xy, label, silhouette;

/* Read the rows and sort them into cells. */
function loadRows() {
  xy = numbersOf('kc-xy', 2);
  label = numbersOf('kc-label', DATA.wide);
  silhouette = bytesOf('kc-sil');
  const n = DATA.n, bits = Math.max(0, Math.min(9, Math.round(Math.log2(Math.sqrt(n / 3) || 1))));
  grid.side = 1 << bits;
  grid.shift = 16 - bits;
  const cell = i => (xy[2 * i + 1] >> grid.shift << bits) + (xy[2 * i] >> grid.shift);
  const start = new Uint32Array(grid.side * grid.side + 1);
  for (let i = 0; i < n; i++) start[cell(i) + 1]++;
  for (let c = 0; c + 1 < start.length; c++) start[c + 1] += start[c];
  const next = start.slice();
  grid.start = start;
  grid.row = new Uint32Array(n);
  grid.x = new Uint16Array(n);
  grid.y = new Uint16Array(n);
  grid.ink = new Uint8Array(n);
  for (let i = 0; i < n; i++) {
    const at = next[cell(i)]++;
    grid.row[at] = i;
    grid.x[at] = xy[2 * i];
    grid.y[at] = 65535 - xy[2 * i + 1];
  }
}

/* Give each row a colour: its cluster's, that of its silhouette, or of its group. */
function colourRows(by) {
  const of = c => by === 'group' ? (DATA.group[c] < 0 ? INKS : DATA.group[c] % INKS) : DATA.ink[c];
  const inks = Uint8Array.from({length: DATA.k}, (_, c) => of(c));
  for (let at = 0; at < DATA.n; at++) {
    const row = grid.row[at], c = label[row];
    grid.ink[at] = c === NOISE ? INKS : by === 'silhouette' ? INKS + 1 + silhouetteStep(silhouette[row]) : inks[c];
  }
}

/* Return which of seven steps a silhouette is on: below 0, around 0, above. */
const silhouetteStep = s => s === 255 ? 2 : Math.max(0, Math.min(6, Math.floor((s - 127) / 12.7) + 2));

/* ---- The map: drawing ----------------------------------------------------------------------------------------- */

const view = {scale: 1, x: 0, y: 0, zoom: 1, home: 1, wide: 0, high: 0, dpr: 1}; // screen = world * scale + (x, y), in CSS px
const focus = {clusters: null, rows: null, name: ''}; // what is lit: flags of clusters, or a mask of rows; null: all
let stage, back, front, frame, pixels, labelBy = 'auto', colourBy = 'cluster', drawing = 0;

/* Return the radius of a dot in CSS px: what the paper allows for so many dots. */
function dotSize() {
  const room = Math.sqrt(view.wide * view.high / Math.max(1, DATA.n));
  const r = Math.max(0.6, Math.min(3, room * 0.27));
  return Math.min(7, r * Math.max(1, view.zoom) ** 0.5);
}

/* Return the stamps of a dot: which pixels it covers how much, for 16 places within a pixel. */
function makeStamps(radius, strength) {
  const reach = Math.ceil(radius + 1), stamps = [];
  for (let phase = 0; phase < 16; phase++) {
    const offset = [], cover = [];
    for (let dy = -reach; dy <= reach; dy++) {
      for (let dx = -reach; dx <= reach; dx++) {
        const far = Math.hypot(dx - (phase & 3) / 4 + 0.375, dy - (phase >> 2) / 4 + 0.375);
        const a = Math.round(Math.max(0, Math.min(1, radius + 0.5 - far)) * strength * 256);
        if (a > 0) {
          offset.push(dy * frame.width + dx);
          cover.push(a);
        }
      }
    }
    stamps.push({offset: Int32Array.from(offset), cover: Int32Array.from(cover)});
  }
  return {stamps, reach};
}

/* Return the colours of the steps of silhouettes: reds below 0, then deeper and deeper blues. */
const silhouetteColours = () => [mix(ink[23], ink.paper, 0.1), mix(ink[23], ink.paper, 0.5), ...[5, 4, 3, 1, 0].map(i => mix(ink[0], ink.paper, i / 8))];

/* Return the colours of dots as pixels; dim: nearly those of the paper. */
function makePalette(dim) {
  return Uint32Array.from([...ink, ink.noise, ...silhouetteColours()].map(c => pack(dim ? mix(ink.noise, ink.paper, 0.55) : c)));
}

/* Return whether the row at a place of the grid is lit. */
function isLit(at) {
  const row = grid.row[at];
  return focus.rows ? focus.rows[row] === 1 : label[row] !== NOISE && focus.clusters[label[row]] === 1;
}

/* Blend the dots from one place of the grid to another into the frame, every step-th. lit: 1 lit ones, 0 others, -1 all. */
function blendDots(from, to, step, dot, palette, lit) {
  const {stamps, reach} = dot, w = frame.width, h = frame.height, s = view.scale * view.dpr;
  const x0 = view.x * view.dpr, y0 = view.y * view.dpr, out = pixels;
  for (let at = Math.ceil(from / step) * step; at < to; at += step) {
    if (lit >= 0 && isLit(at) !== (lit === 1)) continue;
    const px = grid.x[at] * s + x0, py = grid.y[at] * s + y0, ix = Math.floor(px), iy = Math.floor(py);
    if (!(ix >= reach && iy >= reach && ix < w - reach && iy < h - reach)) continue;
    const {offset, cover} = stamps[((py - iy) * 4 << 2) + ((px - ix) * 4 | 0) & 15];
    const colour = palette[grid.ink[at]], rb = colour & 0xff00ff, g = colour & 0x00ff00, middle = iy * w + ix;
    for (let j = 0; j < offset.length; j++) {
      const p = middle + offset[j], d = out[p], a = cover[j], b = 256 - a;
      out[p] = 0xff000000 | (Math.imul(d & 0xff00ff, b) + Math.imul(rb, a) >>> 8 & 0xff00ff) |
        (Math.imul(d & 0x00ff00, b) + Math.imul(g, a) >>> 8 & 0x00ff00);
    }
  }
}

/* Return the stretches of the grid that are in view, and how many rows they have. */
function findStretches() {
  const last = grid.side - 1, margin = 8;
  const cell = v => Math.max(0, Math.min(last, v >> grid.shift));
  const left = cell((-margin - view.x) / view.scale), right = cell((view.wide + margin - view.x) / view.scale);
  const top = cell(65535 - (view.high + margin - view.y) / view.scale), bottom = cell(65535 - (-margin - view.y) / view.scale);
  const list = [];
  let rows = 0;
  for (let r = top; r <= bottom; r++) {
    const a = grid.start[(r * grid.side) + left], b = grid.start[r * grid.side + right + 1];
    if (a < b) list.push([a, b]);
    rows += b - a;
  }
  return {list, rows};
}

/* Draw the dots: a sample at once, and all of them after it in slices, unless something moves. */
function drawDots() {
  const id = ++drawing, t0 = performance.now(), {list, rows} = findStretches(), step = Math.ceil(rows / SAMPLE) || 1;
  const size = dotSize() * view.dpr, lit = focus.clusters || focus.rows;
  const passes = lit ? [0, 1] : [-1];
  const start = strength => {
    pixels.fill(pack(ink.paper));
    return makeStamps(size, strength);
  };
  const finish = () => back.getContext('2d').putImageData(frame, 0, 0);
  const strength = DATA.n > 200000 ? 0.55 : DATA.n > 20000 ? 0.7 : 0.8;
  let dot = start(Math.min(0.9, strength * 1.2));
  for (const pass of passes)
    for (const [a, b] of list)
      blendDots(a, b, pass === 1 && focus.rows ? 1 : step, dot, makePalette(pass === 0), pass);
  finish();
  performance.measure('kc-draw', {start: t0, end: performance.now()});
  if (step === 1) {
    performance.measure('kc-full', {start: t0, end: performance.now()});
    return;
  }
  let pass = 0, next = 0;
  const slice = () => {
    if (id !== drawing) return;
    if (pass === 0 && next === 0) dot = start(strength);
    const until = performance.now() + 24;
    while (pass < passes.length && performance.now() < until) {
      const palette = makePalette(passes[pass] === 0);
      for (const end = Math.min(list.length, next + 8); next < end; next++) blendDots(...list[next], 1, dot, palette, passes[pass]);
      if (next === list.length) {
        pass++;
        next = 0;
      }
    }
    if (pass < passes.length) {
      setTimeout(slice, 0);
      return;
    }
    finish();
    performance.measure('kc-full', {start: t0, end: performance.now()});
  };
  setTimeout(slice, 120);
}

/* ---- The map: labels ------------------------------------------------------------------------------------------ */

const layers = []; // of labels, the coarsest first: {name, items: [{x, y, size, text, clusters, ink, lines}]}
let placed = [];   // labels that are shown: {item, x, y, w, h}

/* Return where each cluster is densest: a few steps of mean shift from the median of some of its rows. */
function findPeaks() {
  const some = Array.from({length: DATA.k}, () => []);
  const step = Array.from(DATA.size, s => Math.max(1, Math.floor(s / 400))), seen = new Uint32Array(DATA.k);
  for (let i = 0; i < DATA.n; i++) {
    const c = label[i];
    if (c !== NOISE && seen[c]++ % step[c] === 0) some[c].push(xy[2 * i], 65535 - xy[2 * i + 1]);
  }
  return some.map(list => {
    const m = list.length / 2;
    if (!m) return null;
    const middle = j => Float64Array.from({length: m}, (_, i) => list[2 * i + j]).sort()[m >> 1];
    let x = middle(0), y = middle(1), width = 0;
    for (let i = 0; i < m; i++) width += Math.abs(list[2 * i] - x) + Math.abs(list[2 * i + 1] - y);
    width = Math.max(1, width / m * 0.6) ** 2;
    for (let turn = 0; turn < 6; turn++) {
      let sx = 0, sy = 0, sum = 1e-9;
      for (let i = 0; i < m; i++) {
        const far = (list[2 * i] - x) ** 2 + (list[2 * i + 1] - y) ** 2, w = far < 9 * width ? Math.exp(-far / width / 2) : 0;
        sx += w * list[2 * i];
        sy += w * list[2 * i + 1];
        sum += w;
      }
      x = sx / sum;
      y = sy / sum;
    }
    return [x, y];
  });
}

/* Make the labels: of the clusters, and of each level above them. */
function makeLayers() {
  const peak = findPeaks();
  for (const [l, level] of DATA.levels.entries()) {
    const items = level.name.map(text => ({x: 0, y: 0, size: 0, text, clusters: [], ink: 0}));
    for (const c of order) {
      const item = items[level.parent[c]];
      if (!item || !peak[c]) continue;
      if (!item.clusters.length) item.ink = DATA.ink[c];
      if (!item.text) item.text = DATA.name[c];
      item.x += peak[c][0] * DATA.size[c];
      item.y += peak[c][1] * DATA.size[c];
      item.size += DATA.size[c];
      item.clusters.push(c);
    }
    const there = items.filter(item => item.size > 0).sort((a, b) => b.size - a.size);
    for (const item of there) {
      item.x /= item.size;
      item.y /= item.size;
    }
    layers.push({name: `level ${l + 1}: ${plural(there.length, 'cluster')}`, items: there});
  }
  layers.push({name: 'clusters', items: order.filter(c => peak[c]).map(c =>
    ({x: peak[c][0], y: peak[c][1], size: DATA.size[c], text: DATA.name[c], clusters: [c], ink: DATA.ink[c]}))});
}

const screenX = x => x * view.scale + view.x, screenY = y => y * view.scale + view.y;
const inView = item => {
  const x = screenX(item.x), y = screenY(item.y);
  return x > 0 && y > 0 && x < view.wide && y < view.high;
};

/* Return how many labels the map has room for. */
const roomForLabels = () => Math.max(6, view.wide * view.high / 18000);

/* Return the layer of labels to show: the finest whose labels in view have room, or else the coarsest. */
function pickLayer() {
  if (labelBy !== 'auto') return layers[labelBy];
  return layers.findLast(layer => layer.items.filter(inView).length <= roomForLabels()) || layers[0];
}

/* Break a text into at most three lines; ctx has its font, at 16 px. */
function breakLines(ctx, text) {
  const most = 150, wide = t => ctx.measureText(t).width, lines = [];
  let line = '';
  for (const word of text.split(/\s+/).flatMap(w => wide(w) > most ? Array.from(w) : [' ' + w])) {
    if (line && wide(line + word) > most) {
      lines.push(line.trim());
      line = '';
    }
    line += word;
  }
  lines.push(line.trim());
  if (lines.length > 3) lines.splice(2, lines.length - 2, lines[2].replace(/[\s,;.]*.$/u, '…'));
  return lines.map(t => ({text: t, wide: wide(t)}));
}

const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "Liberation Sans", Arial, sans-serif';

/* Find places for labels, the largest clusters first, so that none overlaps another. */
function placeLabels(ctx) {
  const layer = pickLayer(), found = [];
  if (!layer || !layer.items.length) return found;
  const largest = Math.sqrt(layer.items[0].size), most = roomForLabels() * 1.5, small = view.wide < 500 ? 0.85 : 1;
  for (const item of layer.items.filter(inView).slice(0, 300)) {
    if (found.length >= most) break;
    ctx.font = '600 16px ' + FONT;
    item.lines ??= breakLines(ctx, item.text);
    const size = (12 + 8 * Math.sqrt(item.size) / largest) * small * (layer === layers[layers.length - 1] ? 1 : 1.15);
    const w = Math.max(...item.lines.map(l => l.wide)) * size / 16, h = item.lines.length * size * 1.15;
    for (const [dx, dy] of [[0, item.size < 9 ? -0.8 : 0], [0, -0.7], [0, 0.7], [0.4, 0], [-0.4, 0], [0.4, 0.7], [-0.4, -0.7]]) {
      const x = Math.max(w / 2 + 4, Math.min(view.wide - w / 2 - 4, screenX(item.x) + dx * w));
      const y = Math.max(h / 2 + 4, Math.min(view.high - h / 2 - 4, screenY(item.y) + dy * h));
      if (found.some(o => Math.abs(o.x - x) * 2 < o.w + w + 12 && Math.abs(o.y - y) * 2 < o.h + h + 6)) continue;
      found.push({item, x, y, w, h, size});
      break;
    }
  }
  return found;
}

/* Draw the labels, with a halo in the colour of the paper. */
function drawLabels() {
  const ctx = front.getContext('2d');
  ctx.setTransform(view.dpr, 0, 0, view.dpr, 0, 0);
  ctx.clearRect(0, 0, view.wide, view.high);
  placed = labelBy === 'none' ? [] : placeLabels(ctx);
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  ctx.lineJoin = 'round';
  for (const {item, x, y, size} of [...placed].reverse()) {
    const lit = !focus.clusters || item.clusters.some(c => focus.clusters[c]);
    ctx.globalAlpha = lit ? 1 : 0.35;
    ctx.font = `600 ${size}px ${FONT}`;
    ctx.strokeStyle = css(ink.paper);
    ctx.fillStyle = css(readable(colourBy === 'cluster' ? ink[item.ink] : ink.text));
    item.lines.forEach((line, i) => {
      const at = y + (i - (item.lines.length - 1) / 2) * size * 1.15;
      ctx.lineWidth = size * 0.34;
      ctx.strokeText(line.text, x, at);
      ctx.fillText(line.text, x, at);
    });
  }
  ctx.globalAlpha = 1;
}

let waiting = false;
/* Draw the map anew at the next frame. */
function draw() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    drawDots();
    drawLabels();
  });
}

/* ---- The map: moving ------------------------------------------------------------------------------------------ */

let ring, tip;

/* Fit the canvases to their place. */
function resize() {
  const box = stage.getBoundingClientRect();
  const {wide, high} = view;
  view.wide = Math.max(1, box.width);
  view.high = Math.max(1, box.height);
  view.dpr = Math.min(2, window.devicePixelRatio || 1);
  for (const canvas of [back, front]) {
    canvas.width = Math.round(view.wide * view.dpr);
    canvas.height = Math.round(view.high * view.dpr);
  }
  frame = new ImageData(back.width, back.height);
  pixels = new Uint32Array(frame.data.buffer);
  if (!wide || view.zoom === 1) showAll();
  else {
    view.x += (view.wide - wide) / 2;
    view.y += (view.high - high) / 2;
  }
  draw();
}

/* Return the range that nearly all rows have on an axis: a few far away do not squeeze the others. */
function rangeOf(list) {
  const step = Math.ceil(list.length / 20000), some = list.filter((_, i) => i % step === 0).sort();
  const low = some[0], high = some[some.length - 1], cut = Math.floor(some.length * 0.002);
  const a = some[cut], b = some[some.length - 1 - cut];
  return (b - a) * 1.6 < high - low ? [a, b] : [low, high];
}

/* Show the whole map. */
function showAll() {
  view.range ??= [rangeOf(grid.x), rangeOf(grid.y)];
  const [[x0, x1], [y0, y1]] = view.range, margin = view.wide < 500 ? 20 : 40;
  view.home = Math.min((view.wide - margin * 2) / Math.max(1, x1 - x0), (view.high - margin * 2) / Math.max(1, y1 - y0));
  view.home = Math.min(view.home, view.wide / 40);
  view.scale = view.home;
  view.zoom = 1;
  view.x = view.wide / 2 - (x0 + x1) / 2 * view.scale;
  view.y = view.high / 2 - (y0 + y1) / 2 * view.scale;
  draw();
}

/* Zoom by a factor around a point of the stage. */
function zoomBy(factor, x = view.wide / 2, y = view.high / 2) {
  const zoom = Math.max(0.5, Math.min(400, view.zoom * factor)), f = zoom / view.zoom;
  view.zoom = zoom;
  view.scale = view.home * zoom;
  view.x = x - (x - view.x) * f;
  view.y = y - (y - view.y) * f;
  hideTip();
  draw();
}

function panBy(dx, dy) {
  view.x += dx;
  view.y += dy;
  hideTip();
  draw();
}

/* Show a row, or the rows of some clusters, in the middle. */
function goToRow(row) {
  if (view.zoom < 6) {
    view.zoom = 6;
    view.scale = view.home * 6;
  }
  view.x = view.wide / 2 - xy[2 * row] * view.scale;
  view.y = view.high / 2 - (65535 - xy[2 * row + 1]) * view.scale;
  draw();
  showTip(row);
}

/* Return the row nearest to a point of the stage, at most `most` px away; -1: none. */
function rowAt(x, y, most) {
  const wx = (x - view.x) / view.scale, wy = (y - view.y) / view.scale, r = most / view.scale, last = grid.side - 1;
  const cell = v => Math.max(0, Math.min(last, v >> grid.shift));
  let best = -1, near = r * r;
  for (let row = cell(65535 - wy - r); row <= cell(65535 - wy + r); row++) {
    const a = grid.start[row * grid.side + cell(wx - r)], b = grid.start[row * grid.side + cell(wx + r) + 1];
    for (let at = a; at < b; at++) {
      const far = (grid.x[at] - wx) ** 2 + (grid.y[at] - wy) ** 2;
      if (far < near && (!(focus.clusters || focus.rows) || isLit(at))) {
        near = far;
        best = grid.row[at];
      }
    }
  }
  return best;
}

function hideTip() {
  tip.hidden = ring.hidden = true;
}

/* Show what a row is, beside it. */
function showTip(row) {
  const c = label[row], x = screenX(xy[2 * row]), y = screenY(65535 - xy[2 * row + 1]), text = textOf(row);
  const about = [`row ${count(row + 1)}`, c === NOISE ? 'in no cluster' : DATA.name[c]];
  if (silhouette && silhouette[row] !== 255) about.push('silhouette ' + figure((silhouette[row] - 127) / 127));
  tip.replaceChildren(...text ? [make('p', {textContent: text, dir: 'auto'})] : [],
    make('p', {className: 'note', dir: 'auto', textContent: about.join(' · ')}));
  tip.hidden = ring.hidden = false;
  ring.style.left = x + 'px';
  ring.style.top = y + 'px';
  const w = tip.offsetWidth, h = tip.offsetHeight;
  tip.style.left = Math.max(4, Math.min(view.wide - w - 4, x - w / 2)) + 'px';
  tip.style.top = (y - h - 14 > 0 ? y - h - 14 : Math.min(view.high - h - 4, y + 14)) + 'px';
}

const labelAt = (x, y) => placed.find(p => Math.abs(p.x - x) < p.w / 2 && Math.abs(p.y - y) < p.h / 2);

/* Choose what is under the pointer: a label, a dot, nothing. */
function pick(x, y) {
  const hit = labelAt(x, y), row = hit ? -1 : rowAt(x, y, 14);
  if (hit) selectClusters(hit.item.clusters, hit.item.text);
  else if (row >= 0 && label[row] !== NOISE) selectClusters([label[row]]);
  else clearFocus();
}

/* Let pointers, the wheel and keys move the map. */
function listenToMap() {
  const pointers = new Map();
  let moved = 0, gap = 0;
  const at = e => {
    const box = front.getBoundingClientRect();
    return [e.clientX - box.left, e.clientY - box.top];
  };
  front.addEventListener('pointerdown', e => {
    pointers.set(e.pointerId, at(e));
    front.setPointerCapture(e.pointerId);
    moved = gap = 0;
  });
  front.addEventListener('pointermove', e => {
    const [x, y] = at(e), from = pointers.get(e.pointerId);
    if (!from) {
      const hit = labelAt(x, y), row = hit ? -1 : rowAt(x, y, Math.max(6, dotSize() + 3));
      front.style.cursor = hit ? 'pointer' : '';
      if (row >= 0) loadTexts().then(() => showTip(row)); else hideTip();
      return;
    }
    pointers.set(e.pointerId, [x, y]);
    if (pointers.size === 2) {
      const [[ax, ay], [bx, by]] = [...pointers.values()], wide = Math.hypot(ax - bx, ay - by);
      if (gap) zoomBy(wide / gap, (ax + bx) / 2, (ay + by) / 2);
      gap = wide;
    } else if (pointers.size === 1) {
      moved += Math.abs(x - from[0]) + Math.abs(y - from[1]);
      if (moved > 4) {
        front.classList.add('drag');
        panBy(x - from[0], y - from[1]);
      }
    }
  });
  const up = e => {
    if (pointers.delete(e.pointerId) && moved <= 4 && e.type === 'pointerup' && !pointers.size && !gap) pick(...at(e));
    front.classList.remove('drag');
  };
  front.addEventListener('pointerup', up);
  front.addEventListener('pointercancel', up);
  front.addEventListener('pointerleave', hideTip);
  front.addEventListener('wheel', e => {
    if (!e.ctrlKey && !e.metaKey && document.activeElement !== front) return; // the page scrolls
    e.preventDefault();
    zoomBy(Math.exp(-e.deltaY * (e.deltaMode ? 0.05 : e.ctrlKey ? 0.01 : 0.002)), ...at(e));
  }, {passive: false});
  front.addEventListener('dblclick', e => zoomBy(2, ...at(e)));
  const keys = {'+': () => zoomBy(1.5), '=': () => zoomBy(1.5), '-': () => zoomBy(1 / 1.5), '0': showAll,
    ArrowLeft: () => panBy(80, 0), ArrowRight: () => panBy(-80, 0), ArrowUp: () => panBy(0, 80), ArrowDown: () => panBy(0, -80),
    n: () => stepCluster(1), p: () => stepCluster(-1)};
  front.addEventListener('keydown', e => {
    if (e.ctrlKey || e.metaKey || e.altKey || !keys[e.key]) return;
    e.preventDefault();
    keys[e.key]();
  });
  document.addEventListener('keydown', e => {
    if (e.key === 'Escape' && (focus.clusters || focus.rows)) clearFocus();
  });
}

/* ---- What is lit, and the panel beside the map ------------------------------------------------------------------ */

let list, search, legend, selected = -1;

/* Light some clusters, and say what they are. */
function selectClusters(clusters, name) {
  focus.rows = null;
  focus.clusters = new Uint8Array(DATA.k);
  for (const c of clusters) focus.clusters[c] = 1;
  selected = clusters.length === 1 ? clusters[0] : -1;
  if (selected >= 0) showCluster(selected);
  else showList(clusters, `${name}: ${plural(clusters.length, 'cluster')}`);
  say(selected >= 0 ? `${DATA.name[selected]}, ${plural(DATA.size[selected], 'row')}` : name);
  markTable();
  draw();
}

/* Select the next cluster by size, or the one before. */
function stepCluster(by) {
  if (!DATA.k) return;
  const at = selected < 0 ? (by > 0 ? 0 : DATA.k - 1) : (place[selected] + by + DATA.k) % DATA.k;
  selectClusters([order[at]]);
}

/* Light everything again. */
function clearFocus() {
  focus.clusters = focus.rows = null;
  selected = -1;
  if (search) search.value = '';
  if (list) showList(order);
  markTable();
  if (front) {
    hideTip();
    draw();
  }
}

const swatch = c => make('span', {className: 'b ' + (c === NOISE ? 'in' : 'i' + DATA.ink[c])});

/* Make a line of a list: a button with a colour, a name, a count. */
function makeLine(c, name, number, onclick) {
  return make('li', {}, make('button', {type: 'button', onclick}, swatch(c),
    make('span', {className: 'name', dir: 'auto', textContent: name}), make('span', {className: 'count', textContent: number})));
}

/* List clusters, the largest ones of them. */
function showList(clusters, title) {
  const most = 200, some = clusters.slice(0, most);
  list.replaceChildren(...title ? [make('h3', {textContent: title, dir: 'auto'}), backButton()] : [],
    make('ol', {}, ...some.map(c => makeLine(c, DATA.name[c], count(DATA.size[c]), () => selectClusters([c])))));
  if (some.length < clusters.length) list.append(make('p', {className: 'note', textContent: `and ${count(clusters.length - most)} more`}));
}

const backButton = () => make('button', {type: 'button', className: 'tool', textContent: 'All clusters', onclick: clearFocus});

/* Show what is known of a cluster: what its row of the table has. */
function showCluster(c) {
  const row = rowOf(c), parts = [make('h3', {dir: 'auto'}, swatch(c), DATA.name[c]), backButton()];
  const facts = make('dl');
  const fact = (what, value) => value && facts.append(make('dt', {textContent: what}), make('dd', {textContent: value, dir: 'auto'}));
  fact('Rows', `${count(DATA.size[c])} (${(100 * DATA.size[c] / DATA.n).toFixed(1)} %)`);
  for (const [key, what] of [['coh', 'Cohesion'], ['sil', 'Silhouette'], ['stab', 'Stability']])
    if (DATA[key][c] !== null) fact(what, figure(DATA[key][c]));
  fact('Group', row.querySelector('.group')?.textContent);
  fact('Time', row.querySelector('.when')?.textContent);
  for (const level of DATA.levels) if (level.parent[c] >= 0) fact('Part of', level.name[level.parent[c]]);
  parts.push(facts);
  for (const [name, title] of [['words', 'Keywords'], ['examples', 'Typical rows'], ['facets', 'Facets']]) {
    const cell = row.querySelector('.' + name);
    if (cell?.textContent.trim())
      parts.push(make('h4', {textContent: title}), make('div', {className: name}, ...cell.cloneNode(true).childNodes));
  }
  list.replaceChildren(...parts);
  list.scrollTop = 0;
}

/* Search clusters and rows for the words, light the rows, and list some. */
async function find() {
  const words = search.value.trim().toLowerCase();
  if (!words) return clearFocus();
  await loadTexts();
  if (words !== search.value.trim().toLowerCase()) return undefined;
  const clusters = order.filter(c => haystackOf(c).includes(words)), rows = findRows(words);
  focus.clusters = null;
  focus.rows = rows.length ? new Uint8Array(DATA.n) : null;
  for (const row of rows) focus.rows[row] = 1;
  selected = -1;
  hideTip();
  const said = `These words are in ${plural(clusters.length, 'cluster')} and ${plural(rows.length, 'row')}`;
  list.replaceChildren(make('p', {className: 'note', textContent: said + (rows.length > 50 ? '; the first 50 rows are listed' : '')}),
    make('ol', {}, ...clusters.slice(0, 20).map(c => makeLine(c, DATA.name[c], count(DATA.size[c]), () => selectClusters([c]))),
      ...rows.slice(0, 50).map(row => makeLine(label[row], textOf(row), '', () => goToRow(row)))));
  say(said);
  markTable();
  draw();
  return undefined;
}

/* Show what the colours mean, if they are not those of the clusters. */
function showLegend() {
  const entry = (colour, text) => {
    const dot = make('span', {className: 'b'});
    dot.style.background = css(colour);
    return make('span', {}, dot, text);
  };
  const steps = silhouetteColours();
  legend.replaceChildren(...colourBy === 'silhouette' ? [[0, 'below −0.1'], [1, 'below 0'], [2, '0 to 0.1'], [4, '0.2 to 0.3'], [6, 'above 0.4']].map(
    ([i, text]) => entry(steps[i], text)) : colourBy === 'group' ? DATA.groups.slice(0, 12).map((text, i) => entry(ink[i % INKS], text)) : []);
}

/* Build the map and the panel beside it. */
function buildMap() {
  const button = (text, what, onclick) => make('button', {type: 'button', className: 'tool', textContent: text, 'aria-label': what, title: what, onclick});
  back = make('canvas', {'aria-hidden': 'true'});
  front = make('canvas', {className: 'front', tabIndex: 0, role: 'application', 'aria-label': `Map of ${plural(DATA.n, 'row')} in ${plural(DATA.k, 'cluster')}`,
    'aria-describedby': 'map-about map-keys'});
  ring = make('div', {className: 'ring', hidden: true});
  tip = make('div', {className: 'tip', hidden: true});
  stage = make('div', {className: 'stage'}, back, front, ring, tip, make('div', {className: 'zoom'}, button('+', 'Zoom in', () => zoomBy(1.5)),
    button('−', 'Zoom out', () => zoomBy(1 / 1.5)), button('All', 'Show the whole map', showAll)));
  const choose = (name, options, onchange) => make('label', {}, name, make('select', {onchange: e => onchange(e.target.value)},
    ...options.map(([value, text]) => make('option', {value, textContent: text}))));
  const colours = [['cluster', 'cluster'], ...silhouette ? [['silhouette', 'silhouette']] : [], ...DATA.groups ? [['group', 'group']] : []];
  const tools = make('div', {className: 'tools'});
  if (colours.length > 1) tools.append(choose('Colour by', colours, v => {
    colourBy = v;
    colourRows(v);
    showLegend();
    draw();
  }));
  legend = make('span', {className: 'legend'});
  tools.append(choose('Labels', [['auto', 'automatic'], ...layers.length > 1 ? layers.map((l, i) => [i, l.name]) : [], ['none', 'none']], v => {
    labelBy = v;
    draw();
  }), legend);
  const keysNote = make('p', {className: 'note', id: 'map-keys', textContent: 'Drag to move. Click the map, then scroll to zoom. Click a cluster ' +
    'to see what is in it. Keys: arrows, + − 0; N and P for the next and the previous cluster; Esc for all.'});
  if (DATA.texts && DATA.texts < DATA.n) $('map-about').append(` The file holds the texts of ${count(DATA.texts)} rows, a sample; of the others it has the numbers.`);
  search = make('input', {type: 'search', placeholder: DATA.texts ? 'Search rows and clusters' : 'Search clusters',
    'aria-label': DATA.texts ? 'Search rows and clusters' : 'Search clusters', spellcheck: false, autocomplete: 'off'});
  let timer = 0;
  search.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(find, 200);
  });
  list = make('div', {className: 'list', tabIndex: -1});
  const panel = make('section', {className: 'panel', 'aria-label': 'Clusters of the map'}, search, list);
  panel.addEventListener('keydown', moveInList);
  $('map-place').replaceChildren(stage, panel, keysNote);
  $('map-place').before(tools);
  $('map-place').hidden = false;
}

/* Move through the lines of the panel by the arrow keys. */
function moveInList(e) {
  const by = e.key === 'ArrowDown' ? 1 : e.key === 'ArrowUp' ? -1 : 0, lines = [...list.querySelectorAll('ol button')];
  if (!by || !lines.length) return;
  e.preventDefault();
  const at = lines.indexOf(document.activeElement) + by;
  (at < 0 ? search : lines[Math.min(at, lines.length - 1)]).focus();
}

/* ---- The table -------------------------------------------------------------------------------------------------- */

const rowCache = [], PAGE = 100; // rows that are shown at once: a table of many takes seconds to lay out
let tableOrder = order, tableShown = PAGE, tableWords = '';

/* Return the row of a cluster; for one that is not in the page, a copy of another one with its texts. */
function rowOf(c) {
  if (rowCache[c]) return rowCache[c];
  const there = $('c' + c);
  if (there) return rowCache[c] = there;
  const row = rowCache[c] = rowCache[order[0]].cloneNode(true), cells = row.querySelectorAll('td.num:not(.size)');
  row.id = 'c' + c;
  row.className = '';
  row.querySelector('.b').className = 'b i' + DATA.ink[c];
  row.querySelector('.name').textContent = DATA.name[c];
  row.querySelector('.size .count').textContent = count(DATA.size[c]);
  const bar = row.querySelector('.size rect');
  bar.setAttribute('class', 'i' + DATA.ink[c]);
  bar.setAttribute('width', (64 * DATA.size[c] / DATA.size[order[0]]).toFixed(1));
  ['coh', 'sil', 'stab'].filter(key => DATA[key].some(v => v !== null)).forEach((key, i) => { cells[i].textContent = figure(DATA[key][c]); });
  const fill = (name, tag, texts) => row.querySelector('.' + name)?.replaceChildren(
    ...texts.flatMap(t => [make(tag, {textContent: t, dir: 'auto'}), ' ']));
  const more = place[c] - DATA.shown;
  fill('words', 'span', DATA.words?.[more] || []);
  fill('examples', 'p', DATA.examples?.[more] || []);
  fill('facets', 'p', []);
  fill('when', 'span', []);
  if (DATA.groups && row.querySelector('.group')) row.querySelector('.group').textContent = DATA.groups[DATA.group[c]] || '';
  linkRow(row, c);
  return row;
}

/* Return the texts of a cluster in small letters, for a search. */
function haystackOf(c) {
  if (place[c] < DATA.shown) return rowOf(c).textContent.toLowerCase();
  const more = place[c] - DATA.shown;
  return [DATA.name[c], ...DATA.words?.[more] || [], ...DATA.examples?.[more] || []].join(' ').toLowerCase();
}

/* Let the name of a row select its cluster on the map. */
function linkRow(row, c) {
  if (!DATA.map) return;
  const name = row.querySelector('.name');
  name.replaceWith(make('button', {type: 'button', className: 'name', dir: 'auto', textContent: name.textContent, title: 'Show on the map',
    onclick: () => {
      selectClusters([c]);
      $('map').scrollIntoView();
    }}));
}

/* Mark the rows of the table whose clusters are lit. */
function markTable() {
  for (const row of $('table')?.tBodies[0].rows || []) row.classList.toggle('lit', !!focus.clusters && focus.clusters[row.id.slice(1)] === 1);
}

/* Show the rows that the filter leaves, in their order. */
function showTable() {
  const left = tableWords ? tableOrder.filter(c => haystackOf(c).includes(tableWords)) : tableOrder;
  const more = $('table-more');
  $('table').tBodies[0].replaceChildren(...left.slice(0, tableShown).map(rowOf));
  more.hidden = left.length <= tableShown;
  more.replaceChildren(make('button', {type: 'button', className: 'tool', textContent: `Show ${count(Math.min(PAGE, left.length - tableShown))} more`,
    onclick: () => {
      tableShown += PAGE;
      showTable();
    }}), make('span', {className: 'note', textContent: `${count(tableShown)} of ${count(left.length)} clusters are shown`}));
  markTable();
  return left.length;
}

/* Sort by a column; again: the other way round. */
function sortTable(head, key) {
  const down = head.getAttribute('aria-sort') !== 'descending', first = key === 'name' || key === 'group' ? !down : down;
  for (const th of head.parentNode.children) th.removeAttribute('aria-sort');
  const value = c => key === 'group' ? DATA.groups[DATA.group[c]] || '' : DATA[key][c];
  const compare = (a, b) => typeof a === 'string' ? a.localeCompare(b) : a - b;
  tableOrder = [...order].sort((a, b) => {
    const x = value(a), y = value(b);
    if (x === null || y === null) return (x === null) - (y === null);
    return (first ? -1 : 1) * compare(x, y);
  });
  head.setAttribute('aria-sort', first ? 'descending' : 'ascending');
  say(`sorted by ${head.textContent}, ${first ? 'falling' : 'rising'}`);
  showTable();
}

/* Add what the table can do. */
function buildTable() {
  if (!$('table')) return;
  for (const c of order.slice(0, DATA.shown)) linkRow(rowOf(c), c);
  for (const head of $('table').querySelectorAll('th[data-key]'))
    head.replaceChildren(make('button', {type: 'button', textContent: head.textContent, onclick: () => sortTable(head, head.dataset.key)}));
  const filter = make('input', {type: 'search', placeholder: 'Filter clusters', 'aria-label': 'Filter clusters', autocomplete: 'off', spellcheck: false});
  filter.addEventListener('input', () => {
    tableWords = filter.value.trim().toLowerCase();
    tableShown = PAGE;
    say(plural(showTable(), 'cluster'));
  });
  $('table-tools').append(filter);
  $('table-tools').hidden = false;
  if (DATA.k > PAGE) showTable();
  $('table').tBodies[0].classList.add('ready');
}

/* ---- The page ---------------------------------------------------------------------------------------------------- */

/* Let the reader switch between light and dark. */
function buildTheme() {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const now = () => root.dataset.theme || (dark.matches ? 'dark' : 'light');
  const button = make('button', {type: 'button', className: 'tool', onclick: () => {
    root.dataset.theme = now() === 'dark' ? 'light' : 'dark';
    changed();
  }});
  const changed = () => {
    button.textContent = now() === 'dark' ? 'Light' : 'Dark';
    button.title = `Show the page in ${now() === 'dark' ? 'light' : 'dark'} colours`;
    readColours();
    if (legend) showLegend();
    if (front) draw();
  };
  dark.addEventListener('change', changed);
  $('theme').append(button);
  $('theme').hidden = false;
  changed();
}

/* Print in light colours, with all dots. */
function listenToPrint() {
  let before;
  addEventListener('beforeprint', () => {
    before = root.dataset.theme;
    root.dataset.theme = 'light';
    readColours();
    drawDots();
    drawLabels();
  });
  addEventListener('afterprint', () => {
    if (before) root.dataset.theme = before; else delete root.dataset.theme;
    readColours();
    draw();
  });
}

/* Let the command be copied. */
function buildCopy() {
  const command = $('command');
  if (!command) return;
  const button = make('button', {type: 'button', className: 'tool', textContent: 'Copy', onclick: async () => {
    try {
      await navigator.clipboard.writeText(command.textContent);
      button.textContent = 'Copied';
    } catch {
      getSelection().selectAllChildren(command); // to be copied by hand
    }
  }});
  command.after(button);
}

/* Mark the section that is read in the line of contents. */
function followSections() {
  const links = new Map([...document.querySelectorAll('nav a')].map(a => [a.hash.slice(1), a]));
  const seen = new Set();
  const watch = new IntersectionObserver(entries => {
    for (const e of entries) if (e.isIntersecting) seen.add(e.target.id); else seen.delete(e.target.id);
    const first = [...links.keys()].find(id => seen.has(id));
    for (const [id, a] of links) if (id === first) a.setAttribute('aria-current', 'true'); else a.removeAttribute('aria-current');
  }, {rootMargin: '-80px 0px -50% 0px'});
  for (const section of document.querySelectorAll('main > section')) watch.observe(section);
}

buildTheme();
buildCopy();
followSections();
if (DATA.map) {
  loadRows();
  makeLayers();
  colourRows('cluster');
  buildMap();
  showList(order);
  listenToMap();
  listenToPrint();
  new ResizeObserver(resize).observe(stage);
}
buildTable();
if (DATA.map) requestIdleCallback ? requestIdleCallback(() => loadTexts()) : setTimeout(loadTexts, 500);
})();
