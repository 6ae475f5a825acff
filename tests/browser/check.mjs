/* Use the pages of a folder as a reader does, and count what holds: check.mjs CHROMIUM FOLDER SHOTS VALIDATOR. */
import {execFileSync} from 'node:child_process';
import {readFileSync, readdirSync, statSync, writeFileSync} from 'node:fs';
import {basename, join} from 'node:path';
import {Chrome} from './chrome.mjs';

const [, , binary, folder, shots, validator] = process.argv;
let passed = 0, failed = 0, skipped = 0;
const figures = [];

function check(what, ok, found = '') {
  if (ok) passed++;
  else {
    failed++;
    console.log(`FAIL browser: ${what}${found === '' ? '' : `: ${String(found).slice(0, 300)}`}`);
  }
}

const pause = ms => new Promise(resolve => setTimeout(resolve, ms));
const drawn = "performance.getEntriesByName('kc-full').length > 0";
const front = "document.querySelector('.front')";

/* In the page: texts whose contrast to what is behind them is below 4.5 (3 if they are large). */
const faint = `(() => {
  const parse = c => (c.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
  const lum = c => { const [r, g, b] = c.map(v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const found = [];
  for (const el of document.querySelectorAll('body *')) {
    const svg = el instanceof SVGElement;
    if (svg ? !el.matches('text.t, text.f') : ![...el.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
    if (el.closest('script, style, noscript, .unseen, .skip') || !el.getClientRects().length) continue;
    const style = getComputedStyle(el), ink = parse(svg ? style.fill : style.color);
    let behind = el, paper;
    while (behind && ((paper = parse(getComputedStyle(behind).backgroundColor)), paper.length === 4 && paper[3] === 0)) behind = behind.parentElement;
    const [a, b] = [lum(ink.slice(0, 3)), lum((behind ? paper : [255, 255, 255]).slice(0, 3))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), large = parseFloat(style.fontSize) >= 24;
    if (ratio < (large ? 3 : 4.5)) found.push(el.tagName + '.' + (el.getAttribute('class') || '') + ' ' + ratio.toFixed(2) + ' ' + el.textContent.trim().slice(0, 20));
  }
  return found.slice(0, 5).join('; ');
})()`;

/* In the page: what sticks out of the window, though the page does not scroll sideways. */
const wide = 'Math.max(document.documentElement.scrollWidth, document.body.scrollWidth) - innerWidth';

/* In the page: the share of the map's pixels that are not paper. */
const inked = `(() => {
  const c = document.querySelector('.stage canvas'), d = new Uint32Array(c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer);
  return d.reduce((n, p) => n + (p !== d[0]), 0) / d.length;
})()`;

const chrome = new Chrome(binary);
const url = name => 'file://' + join(folder, name + '.html');
const pages = readdirSync(folder).filter(f => f.endsWith('.html')).map(f => basename(f, '.html')).sort();

/* Check a page as it lies there, in a theme and a width. */
async function look(name, width, dark) {
  const what = `${name}, ${width} px, ${dark ? 'dark' : 'light'}`;
  const page = await chrome.open(url(name), {width, height: width < 500 ? 700 : 900, dark});
  const map = await page.eval("!!document.getElementById('map')");
  if (map) check(`${what}: the map is drawn`, await page.until(drawn));
  await pause(150);
  check(`${what}: nothing on the console`, page.faults.length === 0, page.faults.join('; '));
  check(`${what}: no request`, page.requests.length === 1, page.requests.slice(1).join(' '));
  check(`${what}: nothing is wider than the window`, await page.eval(wide) <= 0, await page.eval(wide));
  await page.eval("document.querySelectorAll('main > section').forEach(s => { s.style.contentVisibility = 'visible'; })");
  check(`${what}: nothing below is wider`, await page.eval(wide) <= 0, await page.eval(wide));
  check(`${what}: text can be read`, await page.eval(faint) === '', await page.eval(faint));
  if (map) check(`${what}: the map has dots`, await page.eval(inked) > 0.00002, await page.eval(inked));
  if (shots) {
    await page.shot(join(shots, `${name}-${width}-${dark ? 'dark' : 'light'}.png`), {whole: true});
    if (map) {
      await page.eval("document.getElementById('map').scrollIntoView({behavior: 'instant'})");
      await pause(300);
      await page.shot(join(shots, `${name}-${width}-${dark ? 'dark' : 'light'}-map.png`));
    }
  }
  await page.close();
}

/* Return the place of something on the screen, once the map is in the middle. */
async function placeOf(page, selector) {
  return page.eval(`(b => ({x: b.left, y: b.top, w: b.width, h: b.height}))(document.querySelector('${selector}').getBoundingClientRect())`);
}

/* Use the map: hover, click, search, keys. */
async function useMap(name) {
  const page = await chrome.open(url(name), {width: 1280, height: 900});
  await page.until(drawn);
  const first = await page.eval("performance.getEntriesByName('kc-draw')[0].startTime + performance.getEntriesByName('kc-draw')[0].duration");
  figures.push(`${name}: ${(statSync(join(folder, name + '.html')).size / 1e6).toFixed(1)} MB, first picture ${Math.round(first)} ms`);
  await page.eval("document.getElementById('map').scrollIntoView({behavior: 'instant', block: 'start'})");
  await pause(100);
  const box = await placeOf(page, '.front');

  await page.eval("document.querySelector('.panel ol button').click()");
  check(`${name}: a cluster's panel has its name`, await page.eval("!!document.querySelector('.panel h3')?.textContent"));
  check(`${name}: its row in the table is lit`, await page.eval("document.querySelectorAll('#table tr.lit').length === 1"));
  await page.eval('performance.clearMeasures()');
  await page.key('Escape');
  check(`${name}: Escape lights all again`, await page.eval("!document.querySelector('.panel h3') && !document.querySelector('#table tr.lit')"));
  await page.until(drawn);

  let tip = false, text = '';
  for (let i = 0; i < 400 && !tip; i++) { // somewhere there is a dot
    await page.move(box.x + box.w * (0.1 + 0.8 * (i * 0.618 % 1)), box.y + box.h * (0.1 + 0.8 * (i / 400)));
    await page.eval('new Promise(r => setTimeout(r, 4))');
    tip = await page.eval("!document.querySelector('.tip').hidden");
  }
  text = await page.eval("document.querySelector('.tip').textContent");
  check(`${name}: a dot tells its row`, tip && /row [\d,]+/.test(text), text);

  await page.eval(`${front}.focus()`);
  const times = async what => page.eval(`Math.round(Math.max(0, ...performance.getEntriesByName('${what}').map(m => m.duration)))`);
  let step = 0;
  for (const [key, presses] of [['+', 3], ['ArrowLeft', 2], ['-', 1], ['ArrowDown', 1]])
    for (let i = 0; i < presses; i++) {
      await page.eval('performance.clearMeasures()');
      await page.key(key);
      check(`${name}: ${key} draws the map`, await page.until("performance.getEntriesByName('kc-draw').length > 0"));
      step = Math.max(step, await times('kc-draw'));
    }
  await page.until(drawn);
  figures.push(`${name}: a step at most ${step} ms, all dots ${await times('kc-full')} ms`);
  await page.key('n');
  check(`${name}: N selects a cluster`, await page.eval("!!document.querySelector('.panel h3')"));
  await page.key('Escape');
  await page.key('0');

  const words = await page.eval("JSON.parse(document.getElementById('kc-data').textContent).texts ? (document.querySelector('#table .examples p')?.textContent || '').slice(0, 6) : ''");
  if (words.trim()) {
    await page.eval("document.querySelector('.panel input').focus()");
    await page.type(words);
    check(`${name}: the search finds`, await page.until("/These words/.test(document.querySelector('.list').textContent)") &&
      await page.eval("document.querySelectorAll('.list ol button').length > 0"), words);
    await page.key('ArrowDown');
    check(`${name}: the arrow goes to the hits`, await page.eval("document.activeElement === document.querySelector('.list ol button')"));
    await page.eval("[...document.querySelectorAll('.list ol button')].at(-1).click()");
    check(`${name}: a hit is shown`, await page.eval("!document.querySelector('.tip').hidden || !!document.querySelector('.panel h3')"));
    if (shots) {
      await pause(300);
      await page.shot(join(shots, `${name}-search.png`));
    }
  }
  check(`${name}: nothing on the console while the map is used`, page.faults.length === 0 && page.requests.length === 1, page.faults.join('; '));
  await page.close();
}

/* Use the table and the theme. */
async function useTable(name) {
  const page = await chrome.open(url(name), {width: 1280, height: 900});
  const column = "[...document.querySelectorAll('#table tbody td.size .count')].map(c => +c.textContent.replaceAll(',', ''))";
  await page.eval("document.querySelector('th[data-key=size] button').click()");
  check(`${name}: falling sizes`, await page.eval(`document.querySelector('th[aria-sort=descending]') && ${column}.every((v, i, all) => !i || all[i - 1] >= v)`));
  await page.eval("document.querySelector('th[data-key=size] button').click()");
  check(`${name}: rising sizes`, await page.eval(`document.querySelector('th[aria-sort=ascending]') && ${column}.every((v, i, all) => !i || all[i - 1] <= v)`));
  const called = await page.eval("[...document.querySelectorAll('#table tbody tr')].at(-1).querySelector('.name').textContent");
  await page.eval("document.querySelector('#table-tools input').focus()");
  await page.type(called.slice(0, 20));
  check(`${name}: the filter leaves what has the words`,
    await page.eval("[...document.querySelectorAll('#table tbody tr')].map(r => r.querySelector('.name').textContent).join('|')").then(t => t.includes(called)), called);
  const before = await page.eval('getComputedStyle(document.body).backgroundColor');
  await page.eval("document.querySelector('#theme button').click()");
  check(`${name}: the theme changes`, await page.eval('getComputedStyle(document.body).backgroundColor') !== before);
  check(`${name}: nothing on the console while the table is used`, page.faults.length === 0, page.faults.join('; '));
  await page.close();
}

/* Check what a keyboard reaches, and what has a name for a screen reader. */
async function listen(name) {
  const page = await chrome.open(url(name), {width: 1280, height: 900});
  await page.until(drawn);
  const reached = new Set();
  for (let i = 0; i < 60; i++) {
    for (const type of ['rawKeyDown', 'keyUp']) await page.send('Input.dispatchKeyEvent', {type, key: 'Tab', code: 'Tab', windowsVirtualKeyCode: 9});
    reached.add(await page.eval("(e => e.className || e.tagName + (e.type || ''))(document.activeElement)"));
  }
  for (const what of ['skip', 'front', 'INPUTsearch', 'tool', 'scroll']) check(`${name}: Tab reaches ${what}`, reached.has(what), [...reached].join(' '));
  await page.send('Accessibility.enable');
  const {nodes} = await page.send('Accessibility.getFullAXTree');
  const nameless = nodes.filter(n => !n.ignored && ['button', 'link', 'textbox', 'searchbox', 'combobox', 'image', 'img', 'region', 'application']
    .includes(n.role?.value) && !n.name?.value).map(n => n.role.value);
  check(`${name}: all controls and pictures have names`, nameless.length === 0, nameless.join(' '));
  check(`${name}: one heading of level 1`, await page.eval("document.querySelectorAll('h1').length === 1"));
  await page.close();
}

/* Check that the page tells the same without a script, and that a foreign script does not run. */
async function withoutScript(name) {
  const page = await chrome.open(url(name), {width: 1280, height: 900, script: false});
  const {root} = await page.send('DOM.getDocument', {depth: -1});
  const {outerHTML} = await page.send('DOM.getOuterHTML', {nodeId: root.nodeId});
  check(`${name}: without a script there is a picture of the map`, /<noscript>\s*<div class="chart">\s*<svg/.test(outerHTML));
  if (shots) await page.shot(join(shots, `${name}-noscript.png`), {whole: true});
  await page.close();
  const planted = join(folder, 'planted');
  writeFileSync(planted + '.html', readFileSync(join(folder, name + '.html'), 'utf8').replace('</main>',
    '<p id="far" style="width: 9000px">x</p><script>document.title = "ran"</script><img src="http://localhost:1/x.png" alt="x"></main>'));
  const bad = await chrome.open('file://' + planted + '.html', {width: 1280, height: 900});
  await pause(300);
  const seen = bad.faults.join(' ');
  check(`${name}: planted: the policy stops a foreign script, a style, an image`, await bad.eval("document.title !== 'ran' && document.getElementById('far').offsetWidth < 2000") &&
    /script/.test(seen) && /style/.test(seen) && /img/.test(seen), seen);
  await bad.eval("document.getElementById('far').style.width = '9000px'");
  if (await bad.eval(wide) > 0) console.log('planted fault seen, as it must be');
  else check('planted: a wide element is seen', false);
  await bad.close();
}

for (const name of pages) {
  await look(name, 1280, false);
  if (!['many', 'clusters'].includes(name)) await look(name, 320, true);
}
for (const [name, width, dark] of [['usual', 2560, false], ['usual', 2560, true], ['usual', 320, false], ['usual', 1280, true], ['many', 320, false], ['clusters', 320, true]])
  if (pages.includes(name)) await look(name, width, dark);
for (const name of ['hundred', 'usual', 'many', 'clusters', 'hostile', 'arabic', 'chinese', 'notexts', 'together']) if (pages.includes(name)) await useMap(name);
for (const name of ['usual', 'hundred', 'clusters', 'hostile', 'arabic', 'one']) if (pages.includes(name)) await useTable(name);
await listen('hundred');
await withoutScript('hundred');
await chrome.close();

if (validator) {
  for (const name of pages.filter(n => n !== 'many')) {
    let found = '';
    try {
      execFileSync(validator, ['--config', 'tests/browser/html-validate.json', '--formatter', 'text', join(folder, name + '.html')], {encoding: 'utf8', stdio: 'pipe', maxBuffer: 1 << 26});
    } catch (e) {
      found = e.stdout || e.message;
    }
    check(`${name}: html-validate is content`, found === '', found);
  }
} else {
  skipped++;
  console.log('skip: html-validate is not there');
}
for (const f of figures) console.log(f);
console.log(`browser: ${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(failed ? 1 : 0);
