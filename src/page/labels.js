/* The report's script: the labels of the map, on a canvas above the dots. They are placed anew whenever it moves, the
 * largest first, so that none overlaps another. */
'use strict';

const layers = []; // of labels, the coarsest first: {name, items: [{x, y, size, text, clusters, ink, lines}]}
let placed = []; // labels that are shown: {item, x, y, w, h}

/* Return where each cluster is densest: a few steps of mean shift from the median of some of its rows. */
function findPeaks() {
    const some = Array.from({length: DATA.k}, () => []);
    const step = Array.from(DATA.size, s => Math.max(1, Math.floor(s / 400))),
        seen = new Uint32Array(DATA.k);
    for (let i = 0; i < DATA.n; i++) {
        const c = label[i];
        if (c !== NOISE && seen[c]++ % step[c] === 0) some[c].push(xy[2 * i], 65535 - xy[2 * i + 1]);
    }
    return some.map(list => {
        const m = list.length / 2;
        if (!m) return null;
        const middle = j => Float64Array.from({length: m}, (_, i) => list[2 * i + j]).sort()[m >> 1];
        let x = middle(0),
            y = middle(1),
            width = 0;
        for (let i = 0; i < m; i++) width += Math.abs(list[2 * i] - x) + Math.abs(list[2 * i + 1] - y);
        width = Math.max(1, (width / m) * 0.6) ** 2;
        for (let turn = 0; turn < 6; turn++) {
            let sx = 0,
                sy = 0,
                sum = 1e-9;
            for (let i = 0; i < m; i++) {
                const far = (list[2 * i] - x) ** 2 + (list[2 * i + 1] - y) ** 2,
                    w = far < 9 * width ? Math.exp(-far / width / 2) : 0;
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
    layers.push({
        name: 'clusters',
        items: order
            .filter(c => peak[c])
            .map(c => ({
                x: peak[c][0],
                y: peak[c][1],
                size: DATA.size[c],
                text: DATA.name[c],
                clusters: [c],
                ink: DATA.ink[c]
            }))
    });
}

const screenX = x => x * view.scale + view.x,
    screenY = y => y * view.scale + view.y;
const inView = item => {
    const x = screenX(item.x),
        y = screenY(item.y);
    return x > 0 && y > 0 && x < view.wide && y < view.high;
};

/* Return how many labels the map has room for. */
const roomForLabels = () => Math.max(6, (view.wide * view.high) / 18000);

/* Return the layer of labels to show: the finest whose labels in view have room, or else the coarsest. */
function pickLayer() {
    if (labelBy !== 'auto') return layers[labelBy];
    return layers.findLast(layer => layer.items.filter(inView).length <= roomForLabels()) || layers[0];
}

/* Break a text into at most three lines; ctx has its font, at 16 px. */
function breakLines(ctx, text) {
    const most = 150,
        wide = t => ctx.measureText(t).width,
        lines = [];
    let line = '';
    for (const word of text.split(/\s+/).flatMap(w => (wide(w) > most ? Array.from(w) : [' ' + w]))) {
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

const FONT =
    'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "Liberation Sans", Arial, sans-serif';

/* Find places for labels, the largest clusters first, so that none overlaps another. */
function placeLabels(ctx) {
    const layer = pickLayer(),
        found = [];
    if (!layer || !layer.items.length) return found;
    const largest = Math.sqrt(layer.items[0].size),
        most = roomForLabels() * 1.5,
        small = view.wide < 500 ? 0.85 : 1;
    for (const item of layer.items.filter(inView).slice(0, 300)) {
        if (found.length >= most) break;
        ctx.font = '600 16px ' + FONT;
        item.lines ??= breakLines(ctx, item.text);
        const size =
            (12 + (8 * Math.sqrt(item.size)) / largest) * small * (layer === layers[layers.length - 1] ? 1 : 1.15);
        const w = (Math.max(...item.lines.map(l => l.wide)) * size) / 16,
            h = item.lines.length * size * 1.15;
        for (const [dx, dy] of [
            [0, item.size < 9 ? -0.8 : 0],
            [0, -0.7],
            [0, 0.7],
            [0.4, 0],
            [-0.4, 0],
            [0.4, 0.7],
            [-0.4, -0.7]
        ]) {
            const x = Math.max(w / 2 + 4, Math.min(view.wide - w / 2 - 4, screenX(item.x) + dx * w));
            const y = Math.max(h / 2 + 4, Math.min(view.high - h / 2 - 4, screenY(item.y) + dy * h));
            if (found.some(o => Math.abs(o.x - x) * 2 < o.w + w + 12 && Math.abs(o.y - y) * 2 < o.h + h + 6))
                continue;
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
        const t0 = performance.now();
        drawDots();
        drawLabels();
        performance.measure('kc-draw', {start: t0, end: performance.now()});
    });
}
