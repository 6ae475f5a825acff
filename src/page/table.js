/* The report's script: the table of clusters, its order and its filter. */
'use strict';

const rowCache = [],
    PAGE = 100; // rows that are shown at once: a table of many takes seconds to lay out
let tableOrder = order,
    tableShown = PAGE,
    tableWords = '';

/* Return the row of a cluster; for one that is not in the page, a copy of another one with its texts. */
function rowOf(c) {
    if (rowCache[c]) return rowCache[c];
    const there = $('c' + c);
    if (there) return (rowCache[c] = there);
    const row = (rowCache[c] = rowCache[order[0]].cloneNode(true)),
        cells = row.querySelectorAll('td.num:not(.size)');
    row.id = 'c' + c;
    row.className = '';
    row.querySelector('.b').className = 'b i' + DATA.ink[c];
    row.querySelector('.name').textContent = DATA.name[c];
    row.querySelector('.size .count').textContent = count(DATA.size[c]);
    const bar = row.querySelector('.size rect');
    bar.setAttribute('class', 'i' + DATA.ink[c]);
    bar.setAttribute('width', ((64 * DATA.size[c]) / DATA.size[order[0]]).toFixed(1));
    ['coh', 'sil', 'stab']
        .filter(key => DATA[key].some(v => v !== null))
        .forEach((key, i) => {
            cells[i].textContent = figure(DATA[key][c]);
        });
    const fill = (name, tag, texts) =>
        row
            .querySelector('.' + name)
            ?.replaceChildren(...texts.flatMap(t => [make(tag, {textContent: t, dir: 'auto'}), ' ']));
    const more = place[c] - DATA.shown;
    fill('words', 'span', DATA.words?.[more] || []);
    fill('examples', 'p', DATA.examples?.[more] || []);
    fill('facets', 'p', []);
    fill('when', 'span', []);
    if (DATA.groups && row.querySelector('.group'))
        row.querySelector('.group').textContent = DATA.groups[DATA.group[c]] || '';
    linkRow(row, c);
    return row;
}

/* Return the texts of a cluster in small letters, for a search. */
function haystackOf(c) {
    if (place[c] < DATA.shown) return rowOf(c).textContent.toLowerCase();
    const more = place[c] - DATA.shown;
    return [DATA.name[c], ...(DATA.words?.[more] || []), ...(DATA.examples?.[more] || [])].join(' ').toLowerCase();
}

/* Let the name of a row select its cluster on the map. */
function linkRow(row, c) {
    if (!DATA.map) return;
    const name = row.querySelector('.name');
    name.replaceWith(
        make('button', {
            type: 'button',
            className: 'name',
            dir: 'auto',
            textContent: name.textContent,
            title: 'Show on the map',
            onclick: () => {
                selectClusters([c]);
                $('map').scrollIntoView();
            }
        })
    );
}

/* Mark the rows of the table whose clusters are lit. */
function markTable() {
    for (const row of $('table')?.tBodies[0].rows || [])
        row.classList.toggle('lit', !!focus.clusters && focus.clusters[row.id.slice(1)] === 1);
}

/* Show the rows that the filter leaves, in their order. */
function showTable() {
    const left = tableWords ? tableOrder.filter(c => haystackOf(c).includes(tableWords)) : tableOrder;
    const more = $('table-more');
    $('table').tBodies[0].replaceChildren(...left.slice(0, tableShown).map(rowOf));
    more.hidden = left.length <= tableShown;
    more.replaceChildren(
        make('button', {
            type: 'button',
            className: 'tool',
            textContent: `Show ${count(Math.min(PAGE, left.length - tableShown))} more`,
            onclick: () => {
                tableShown += PAGE;
                showTable();
            }
        }),
        make('span', {
            className: 'note',
            textContent: `${count(tableShown)} of ${count(left.length)} clusters are shown`
        })
    );
    markTable();
    return left.length;
}

/* Sort by a column; again: the other way round. */
function sortTable(head, key) {
    const down = head.getAttribute('aria-sort') !== 'descending',
        first = key === 'name' || key === 'group' ? !down : down;
    for (const th of head.parentNode.children) th.removeAttribute('aria-sort');
    const value = c => (key === 'group' ? DATA.groups[DATA.group[c]] || '' : DATA[key][c]);
    const compare = (a, b) => (typeof a === 'string' ? a.localeCompare(b) : a - b);
    tableOrder = [...order].sort((a, b) => {
        const x = value(a),
            y = value(b);
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
        head.replaceChildren(
            make('button', {
                type: 'button',
                textContent: head.textContent,
                onclick: () => sortTable(head, head.dataset.key)
            })
        );
    const filter = make('input', {
        type: 'search',
        placeholder: 'Filter clusters',
        'aria-label': 'Filter clusters',
        autocomplete: 'off',
        spellcheck: false
    });
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
