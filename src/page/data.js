/* The report's script, first part: the blocks of the page, the colours of the theme, the texts of the rows. It reads
 * the page and nothing else. Texts go into the page as textContent only. */
'use strict';

const DATA = JSON.parse(document.getElementById('kc-data').textContent);
const SAMPLE = 50000; // points that a picture has while the map moves
const NOISE = DATA.wide === 1 ? 0xff : DATA.wide === 2 ? 0xffff : 0xffffffff;
const root = document.documentElement;
const $ = id => document.getElementById(id);
const count = v => v.toLocaleString('en');
const figure = v => (v === null || v === undefined ? '–' : v.toFixed(2).replace('-', '−'));
const order = Array.from({length: DATA.k}, (_, c) => c).sort((a, b) => DATA.size[b] - DATA.size[a] || a - b);
const place = new Uint32Array(DATA.k); // of each cluster in the order
order.forEach((c, i) => {
    place[c] = i;
});

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
function say(text) {
    $('say').textContent = text;
}

/* Return the bytes of a block, or null. */
function bytesOf(id) {
    const el = $(id);
    if (!el) return null;
    const text = el.textContent;
    el.textContent = '';
    if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
    const raw = atob(text),
        out = new Uint8Array(raw.length);
    for (let i = 0; i < out.length; i++) out[i] = raw.charCodeAt(i);
    return out;
}

/* Return bytes as numbers of 1, 2 or 4 bytes. */
function numbersOf(id, wide) {
    const b = bytesOf(id);
    if (!b || wide === 1) return b;
    const whole = b.byteOffset % wide ? b.slice() : b;
    return wide === 2
        ? new Uint16Array(whole.buffer, whole.byteOffset, b.length / 2)
        : new Uint32Array(whole.buffer, whole.byteOffset, b.length / 4);
}

const INKS = 24;
let ink = []; // of the theme: [r, g, b] of each colour, then noise, paper, text

/* Read the colours of the theme. */
function readColours() {
    const style = getComputedStyle(root);
    const read = name => {
        const v = parseInt(style.getPropertyValue(name).trim().slice(1), 16) || 0;
        return [v >> 16, (v >> 8) & 255, v & 255];
    };
    ink = Array.from({length: INKS}, (_, i) => read('--i' + i));
    ink.noise = read('--noise');
    ink.paper = read('--paper');
    ink.text = read('--text');
    ink.heat = Array.from({length: 9}, (_, i) => read('--h' + i));
}
const mix = (a, b, t) => a.map((v, i) => Math.round(v + (b[i] - v) * t));
const css = c => `rgb(${c[0]} ${c[1]} ${c[2]})`;
const pack = c => ((255 << 24) | (c[2] << 16) | (c[1] << 8) | c[0]) >>> 0;

/* Return the luminance of a colour, and the contrast of two (WCAG 2). */
function luminance(c) {
    const [r, g, b] = c.map(v => ((v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(a, b) {
    const x = luminance(a),
        y = luminance(b);
    return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

/* Return the colour as text: mixed with that of the text until it can be read. */
function readable(c) {
    let t = 0.45;
    while (t < 1 && contrast(mix(c, ink.text, t), ink.paper) < 5) t += 0.1;
    return mix(c, ink.text, Math.min(t, 1));
}

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
            DATA.texts = 0;
            $('map-about').append(' This browser cannot unpack the texts of the rows, and shows their numbers.');
            return;
        }
        const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
        texts.all = await new Response(stream).text();
        texts.start = lineStarts(texts.all);
    })();
    return texts.ready;
}
const textOf = i => (texts.start ? texts.all.slice(texts.start[i], texts.start[i + 1] - 1) : '');

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
        for (let high = DATA.n - 1; low < high;) {
            // the last line that begins at or before the place
            const middle = (low + high + 1) >> 1;
            if (texts.lowStart[middle] <= at) low = middle;
            else high = middle - 1;
        }
        hits.push(low);
        if (++low >= DATA.n) break;
        at = texts.low.indexOf(words, texts.lowStart[low]);
    }
    return hits;
}
