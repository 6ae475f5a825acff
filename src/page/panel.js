/* The report's script: what is lit on the map, and the panel beside it, which lists clusters, shows one of them, or
 * shows the hits of a search. */
'use strict';

let list,
    search,
    legend,
    selected = -1;

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
    return make(
        'li',
        {},
        make(
            'button',
            {type: 'button', onclick},
            swatch(c),
            make('span', {className: 'name', dir: 'auto', textContent: name}),
            make('span', {className: 'count', textContent: number})
        )
    );
}

/* List clusters, the largest ones of them. */
function showList(clusters, title) {
    const most = 200,
        some = clusters.slice(0, most);
    list.replaceChildren(
        ...(title ? [make('h3', {textContent: title, dir: 'auto'}), backButton()] : []),
        make('ol', {}, ...some.map(c => makeLine(c, DATA.name[c], count(DATA.size[c]), () => selectClusters([c]))))
    );
    if (some.length < clusters.length)
        list.append(make('p', {className: 'note', textContent: `and ${count(clusters.length - most)} more`}));
}

const backButton = () =>
    make('button', {type: 'button', className: 'tool', textContent: 'All clusters', onclick: clearFocus});

/* Show what is known of a cluster: what its row of the table has. */
function showCluster(c) {
    const row = rowOf(c),
        parts = [make('h3', {dir: 'auto'}, swatch(c), DATA.name[c]), backButton()];
    const facts = make('dl');
    const fact = (what, value) =>
        value && facts.append(make('dt', {textContent: what}), make('dd', {textContent: value, dir: 'auto'}));
    fact('Rows', `${count(DATA.size[c])} (${((100 * DATA.size[c]) / DATA.n).toFixed(1)} %)`);
    for (const [key, what] of [
        ['coh', 'Cohesion'],
        ['sil', 'Silhouette'],
        ['stab', 'Stability']
    ])
        if (DATA[key][c] !== null) fact(what, figure(DATA[key][c]));
    fact('Group', row.querySelector('.group')?.textContent);
    fact('Time', row.querySelector('.when')?.textContent);
    for (const level of DATA.levels) if (level.parent[c] >= 0) fact('Part of', level.name[level.parent[c]]);
    parts.push(facts);
    for (const [name, title] of [
        ['words', 'Keywords'],
        ['examples', 'Typical rows'],
        ['facets', 'Facets']
    ]) {
        const cell = row.querySelector('.' + name);
        if (cell?.textContent.trim())
            parts.push(
                make('h4', {textContent: title}),
                make('div', {className: name}, ...cell.cloneNode(true).childNodes)
            );
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
    const clusters = order.filter(c => haystackOf(c).includes(words)),
        rows = findRows(words);
    focus.clusters = null;
    focus.rows = rows.length ? new Uint8Array(DATA.n) : null;
    for (const row of rows) focus.rows[row] = 1;
    selected = -1;
    hideTip();
    const said = `These words are in ${plural(clusters.length, 'cluster')} and ${plural(rows.length, 'row')}`;
    list.replaceChildren(
        make('p', {
            className: 'note',
            textContent: said + (rows.length > 50 ? '; the first 50 rows are listed' : '')
        }),
        make(
            'ol',
            {},
            ...clusters
                .slice(0, 20)
                .map(c => makeLine(c, DATA.name[c], count(DATA.size[c]), () => selectClusters([c]))),
            ...rows.slice(0, 50).map(row => makeLine(label[row], textOf(row), '', () => goToRow(row)))
        )
    );
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
    legend.replaceChildren(
        ...(colourBy === 'silhouette'
            ? [
                  [0, 'below −0.1'],
                  [1, 'below 0'],
                  [2, '0 to 0.1'],
                  [4, '0.2 to 0.3'],
                  [6, 'above 0.4']
              ].map(([i, text]) => entry(steps[i], text))
            : colourBy === 'group'
              ? DATA.groups.slice(0, 12).map((text, i) => entry(ink[i % INKS], text))
              : [])
    );
}

/* Build the map and the panel beside it. */
function buildMap() {
    const button = (text, what, onclick) =>
        make('button', {
            type: 'button',
            className: 'tool',
            textContent: text,
            'aria-label': what,
            title: what,
            onclick
        });
    back = make('canvas', {'aria-hidden': 'true'});
    front = make('canvas', {
        className: 'front',
        tabIndex: 0,
        role: 'application',
        'aria-label': `Map of ${plural(DATA.n, 'row')} in ${plural(DATA.k, 'cluster')}`,
        'aria-describedby': 'map-about map-keys'
    });
    ring = make('div', {className: 'ring', hidden: true});
    tip = make('div', {className: 'tip', hidden: true});
    stage = make(
        'div',
        {className: 'stage'},
        back,
        front,
        ring,
        tip,
        make(
            'div',
            {className: 'zoom'},
            button('+', 'Zoom in', () => zoomBy(1.5)),
            button('−', 'Zoom out', () => zoomBy(1 / 1.5)),
            button('Fit', 'Show the whole map', showAll)
        )
    );
    const choose = (name, options, onchange) =>
        make(
            'label',
            {},
            name,
            make(
                'select',
                {onchange: e => onchange(e.target.value)},
                ...options.map(([value, text]) => make('option', {value, textContent: text}))
            )
        );
    const colours = [
        ['cluster', 'cluster'],
        ...(silhouette ? [['silhouette', 'silhouette']] : []),
        ...(DATA.groups ? [['group', 'group']] : [])
    ];
    const tools = make('div', {className: 'tools'});
    if (colours.length > 1)
        tools.append(
            choose('Colour by', colours, v => {
                colourBy = v;
                colourRows(v);
                showLegend();
                draw();
            })
        );
    legend = make('span', {className: 'legend'});
    tools.append(
        choose(
            'Labels',
            [
                ['auto', 'automatic'],
                ...(layers.length > 1 ? layers.map((l, i) => [i, l.name]) : []),
                ['none', 'none']
            ],
            v => {
                labelBy = v;
                draw();
            }
        ),
        legend
    );
    const keysNote = make('p', {
        className: 'note',
        id: 'map-keys',
        textContent:
            'Point at a dot to read its row; click a dot, a name or a line of a list to see what is in the cluster. ' +
            'Drag to move; click the map, then scroll to zoom. ' +
            'Keys: arrows, + and −, 0 for the whole map; N and P for the next and the previous cluster, Esc for none.'
    });
    if (DATA.texts && DATA.texts < DATA.n)
        $('map-about').append(
            ` The file holds the texts of ${count(DATA.texts)} rows, a sample; of the others it has the numbers.`
        );
    search = make('input', {
        type: 'search',
        placeholder: DATA.texts ? 'Search rows and clusters' : 'Search clusters',
        'aria-label': DATA.texts ? 'Search rows and clusters' : 'Search clusters',
        spellcheck: false,
        autocomplete: 'off'
    });
    let timer = 0;
    search.addEventListener('input', () => {
        clearTimeout(timer);
        timer = setTimeout(find, 200);
    });
    list = make('div', {className: 'list', tabIndex: -1});
    const panel = make('section', {className: 'panel', 'aria-label': 'Clusters of the map'}, search, list);
    panel.addEventListener('keydown', moveInList);
    $('map-place').replaceChildren(keysNote, stage, panel);
    $('map-place').before(tools);
    $('map-place').hidden = false;
}

/* Move through the lines of the panel by the arrow keys. */
function moveInList(e) {
    const by = e.key === 'ArrowDown' ? 1 : e.key === 'ArrowUp' ? -1 : 0,
        lines = [...list.querySelectorAll('ol button')];
    if (!by || !lines.length) return;
    e.preventDefault();
    const at = lines.indexOf(document.activeElement) + by;
    (at < 0 ? search : lines[Math.min(at, lines.length - 1)]).focus();
}
