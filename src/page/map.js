/* The report's script: the dots of the map. They are blended into a frame of pixels: a sample of them while the map
 * moves, and all of them once it stands still. */
'use strict';

/* The rows in the order of the cells of a grid, so that those in view, and those near a point, lie together. A sample
 * is every so-many-th of them: it is spread over the map as all are. */
const grid = {side: 1, shift: 16, start: null, row: null, x: null, y: null, ink: null};
let xy, label, silhouette;

/* Read the rows and sort them into cells. */
function loadRows() {
    xy = numbersOf('kc-xy', 2);
    label = numbersOf('kc-label', DATA.wide);
    silhouette = bytesOf('kc-sil');
    const n = DATA.n,
        bits = Math.max(0, Math.min(9, Math.round(Math.log2(Math.sqrt(n / 3) || 1))));
    grid.side = 1 << bits;
    grid.shift = 16 - bits;
    const cell = i => ((xy[2 * i + 1] >> grid.shift) << bits) + (xy[2 * i] >> grid.shift);
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
    const of = c => (by === 'group' ? (DATA.group[c] < 0 ? INKS : DATA.group[c] % INKS) : DATA.ink[c]);
    const inks = Uint8Array.from({length: DATA.k}, (_, c) => of(c));
    for (let at = 0; at < DATA.n; at++) {
        const row = grid.row[at],
            c = label[row];
        grid.ink[at] =
            c === NOISE ? INKS : by === 'silhouette' ? INKS + 1 + silhouetteStep(silhouette[row]) : inks[c];
    }
}

/* Return which of seven steps a silhouette is on: below 0, around 0, above. */
const silhouetteStep = s => (s === 255 ? 2 : Math.max(0, Math.min(6, Math.floor((s - 127) / 12.7) + 2)));

// px of the screen = world * scale + (x, y)
const view = {scale: 1, x: 0, y: 0, zoom: 1, home: 1, wide: 0, high: 0, dpr: 1};
const focus = {clusters: null, rows: null, name: ''}; // what is lit: flags of clusters, or a mask of rows; null: all
let stage,
    back,
    front,
    frame,
    pixels,
    labelBy = 'auto',
    colourBy = 'cluster',
    drawing = 0;

/* Return the radius of a dot in CSS px: what the paper allows for so many dots. */
function dotSize() {
    const room = Math.sqrt((view.wide * view.high) / Math.max(1, DATA.n));
    const r = Math.max(0.6, Math.min(3, room * 0.27));
    return Math.min(7, r * Math.max(1, view.zoom) ** 0.5);
}

/* Return the stamps of a dot: which pixels it covers how much, for 16 places within a pixel. */
function makeStamps(radius, strength) {
    const reach = Math.ceil(radius + 1),
        stamps = [];
    for (let phase = 0; phase < 16; phase++) {
        const offset = [],
            cover = [];
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
const silhouetteColours = () => [
    mix(ink[23], ink.paper, 0.1),
    mix(ink[23], ink.paper, 0.5),
    ...[5, 4, 3, 1, 0].map(i => mix(ink[0], ink.paper, i / 8))
];

/* Return the colours of dots as pixels; dim: nearly those of the paper. */
function makePalette(dim) {
    return Uint32Array.from(
        [...ink, ink.noise, ...silhouetteColours()].map(c => pack(dim ? mix(ink.noise, ink.paper, 0.55) : c))
    );
}

/* Return whether the row at a place of the grid is lit. */
function isLit(at) {
    const row = grid.row[at];
    return focus.rows ? focus.rows[row] === 1 : label[row] !== NOISE && focus.clusters[label[row]] === 1;
}

/* Blend the dots from one place of the grid to another into the frame, every step-th. lit: 1 lit ones, 0 others,
 * -1 all. */
function blendDots(from, to, step, dot, palette, lit) {
    const {stamps, reach} = dot,
        w = frame.width,
        h = frame.height,
        s = view.scale * view.dpr;
    const x0 = view.x * view.dpr,
        y0 = view.y * view.dpr,
        out = pixels;
    for (let at = Math.ceil(from / step) * step; at < to; at += step) {
        if (lit >= 0 && isLit(at) !== (lit === 1)) continue;
        const px = grid.x[at] * s + x0,
            py = grid.y[at] * s + y0,
            ix = Math.floor(px),
            iy = Math.floor(py);
        if (!(ix >= reach && iy >= reach && ix < w - reach && iy < h - reach)) continue;
        const {offset, cover} = stamps[((((py - iy) * 4) << 2) + (((px - ix) * 4) | 0)) & 15];
        const colour = palette[grid.ink[at]],
            rb = colour & 0xff00ff,
            g = colour & 0x00ff00,
            middle = iy * w + ix;
        for (let j = 0; j < offset.length; j++) {
            const p = middle + offset[j],
                d = out[p],
                a = cover[j],
                b = 256 - a;
            out[p] =
                0xff000000 |
                (((Math.imul(d & 0xff00ff, b) + Math.imul(rb, a)) >>> 8) & 0xff00ff) |
                (((Math.imul(d & 0x00ff00, b) + Math.imul(g, a)) >>> 8) & 0x00ff00);
        }
    }
}

/* Return the stretches of the grid that are in view, and how many rows they have. */
function findStretches() {
    const last = grid.side - 1,
        margin = 8;
    const cell = v => Math.max(0, Math.min(last, v >> grid.shift));
    const left = cell((-margin - view.x) / view.scale),
        right = cell((view.wide + margin - view.x) / view.scale);
    const top = cell(65535 - (view.high + margin - view.y) / view.scale),
        bottom = cell(65535 - (-margin - view.y) / view.scale);
    const list = [];
    let rows = 0;
    for (let r = top; r <= bottom; r++) {
        const a = grid.start[r * grid.side + left],
            b = grid.start[r * grid.side + right + 1];
        if (a < b) list.push([a, b]);
        rows += b - a;
    }
    return {list, rows};
}

/* Draw the dots: a sample at once, and all of them after it in slices, unless something moves. */
function drawDots() {
    const id = ++drawing,
        t0 = performance.now(),
        {list, rows} = findStretches(),
        step = Math.ceil(rows / SAMPLE) || 1;
    const size = dotSize() * view.dpr,
        lit = focus.clusters || focus.rows;
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
    if (step === 1) {
        performance.measure('kc-full', {start: t0, end: performance.now()});
        return;
    }
    let pass = 0,
        next = 0;
    const slice = () => {
        if (id !== drawing) return;
        if (pass === 0 && next === 0) dot = start(strength);
        const until = performance.now() + 24;
        while (pass < passes.length && performance.now() < until) {
            const palette = makePalette(passes[pass] === 0);
            for (const end = Math.min(list.length, next + 8); next < end; next++)
                blendDots(...list[next], 1, dot, palette, passes[pass]);
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
