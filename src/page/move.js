/* The report's script: moving the map, and what a row is, by pointer, wheel and keys. */
'use strict';

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
    const step = Math.ceil(list.length / 20000),
        some = list.filter((_, i) => i % step === 0).sort();
    const low = some[0],
        high = some[some.length - 1],
        cut = Math.floor(some.length * 0.002);
    const a = some[cut],
        b = some[some.length - 1 - cut];
    return (b - a) * 1.6 < high - low ? [a, b] : [low, high];
}

/* Show the whole map. */
function showAll() {
    view.range ??= [rangeOf(grid.x), rangeOf(grid.y)];
    const [[x0, x1], [y0, y1]] = view.range,
        margin = view.wide < 500 ? 20 : 40;
    view.home = Math.min(
        (view.wide - margin * 2) / Math.max(1, x1 - x0),
        (view.high - margin * 2) / Math.max(1, y1 - y0)
    );
    view.home = Math.min(view.home, view.wide / 40);
    view.scale = view.home;
    view.zoom = 1;
    view.x = view.wide / 2 - ((x0 + x1) / 2) * view.scale;
    view.y = view.high / 2 - ((y0 + y1) / 2) * view.scale;
    draw();
}

/* Zoom by a factor around a point of the stage. */
function zoomBy(factor, x = view.wide / 2, y = view.high / 2) {
    const zoom = Math.max(0.5, Math.min(400, view.zoom * factor)),
        f = zoom / view.zoom;
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
    const wx = (x - view.x) / view.scale,
        wy = (y - view.y) / view.scale,
        r = most / view.scale,
        last = grid.side - 1;
    const cell = v => Math.max(0, Math.min(last, v >> grid.shift));
    let best = -1,
        near = r * r;
    for (let row = cell(65535 - wy - r); row <= cell(65535 - wy + r); row++) {
        const a = grid.start[row * grid.side + cell(wx - r)],
            b = grid.start[row * grid.side + cell(wx + r) + 1];
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
    const c = label[row],
        x = screenX(xy[2 * row]),
        y = screenY(65535 - xy[2 * row + 1]),
        text = textOf(row);
    const about = [`row ${count(row + 1)}`, c === NOISE ? 'in no cluster' : DATA.name[c]];
    if (silhouette && silhouette[row] !== 255) about.push('silhouette ' + figure((silhouette[row] - 127) / 127));
    tip.replaceChildren(
        ...(text ? [make('p', {textContent: text, dir: 'auto'})] : []),
        make('p', {className: 'note', dir: 'auto', textContent: about.join(' · ')})
    );
    tip.hidden = ring.hidden = false;
    ring.style.left = x + 'px';
    ring.style.top = y + 'px';
    const w = tip.offsetWidth,
        h = tip.offsetHeight;
    tip.style.left = Math.max(4, Math.min(view.wide - w - 4, x - w / 2)) + 'px';
    tip.style.top = (y - h - 14 > 0 ? y - h - 14 : Math.min(view.high - h - 4, y + 14)) + 'px';
}

const labelAt = (x, y) => placed.find(p => Math.abs(p.x - x) < p.w / 2 && Math.abs(p.y - y) < p.h / 2);

/* Choose what is under the pointer: a label, a dot, nothing. */
function pick(x, y) {
    const hit = labelAt(x, y),
        row = hit ? -1 : rowAt(x, y, 14);
    if (hit) selectClusters(hit.item.clusters, hit.item.text);
    else if (row >= 0 && label[row] !== NOISE) selectClusters([label[row]]);
    else clearFocus();
    if (row >= 0) loadTexts().then(() => showTip(row)); // a finger does not hover
}

/* Let pointers, the wheel and keys move the map. */
function listenToMap() {
    const pointers = new Map();
    let moved = 0,
        gap = 0;
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
        const [x, y] = at(e),
            from = pointers.get(e.pointerId);
        if (!from) {
            const hit = labelAt(x, y),
                row = hit ? -1 : rowAt(x, y, Math.max(6, dotSize() + 3));
            front.style.cursor = hit ? 'pointer' : '';
            if (row >= 0) loadTexts().then(() => showTip(row));
            else hideTip();
            return;
        }
        pointers.set(e.pointerId, [x, y]);
        if (pointers.size === 2) {
            const [[ax, ay], [bx, by]] = [...pointers.values()],
                wide = Math.hypot(ax - bx, ay - by);
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
        if (pointers.delete(e.pointerId) && moved <= 4 && e.type === 'pointerup' && !pointers.size && !gap)
            pick(...at(e));
        front.classList.remove('drag');
    };
    front.addEventListener('pointerup', up);
    front.addEventListener('pointercancel', up);
    front.addEventListener('pointerleave', hideTip);
    front.addEventListener(
        'wheel',
        e => {
            if (!e.ctrlKey && !e.metaKey && document.activeElement !== front) return; // the page scrolls
            e.preventDefault();
            zoomBy(Math.exp(-e.deltaY * (e.deltaMode ? 0.05 : e.ctrlKey ? 0.01 : 0.002)), ...at(e));
        },
        {passive: false}
    );
    front.addEventListener('dblclick', e => zoomBy(2, ...at(e)));
    const keys = {
        '+': () => zoomBy(1.5),
        '=': () => zoomBy(1.5),
        '-': () => zoomBy(1 / 1.5),
        0: showAll,
        ArrowLeft: () => panBy(80, 0),
        ArrowRight: () => panBy(-80, 0),
        ArrowUp: () => panBy(0, 80),
        ArrowDown: () => panBy(0, -80),
        n: () => stepCluster(1),
        p: () => stepCluster(-1)
    };
    front.addEventListener('keydown', e => {
        if (e.ctrlKey || e.metaKey || e.altKey || !keys[e.key]) return;
        e.preventDefault();
        keys[e.key]();
    });
    document.addEventListener('keydown', e => {
        if (e.key === 'Escape' && (focus.clusters || focus.rows)) clearFocus();
    });
}
