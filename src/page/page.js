/* The report's script, last part: theme, printing, the line of contents, and the start. */
'use strict';

/* Let the reader switch between light and dark. */
function buildTheme() {
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const now = () => root.dataset.theme || (dark.matches ? 'dark' : 'light');
    const button = make('button', {
        type: 'button',
        className: 'tool',
        onclick: () => {
            root.dataset.theme = now() === 'dark' ? 'light' : 'dark';
            changed();
        }
    });
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

/* Print in light colours, and with all rows of the table that are in the page. */
function listenToPrint() {
    let theme, shown;
    const show = () => {
        readColours();
        if ($('table')) showTable();
        if (!front) return;
        drawDots();
        drawLabels();
    };
    addEventListener('beforeprint', () => {
        theme = root.dataset.theme;
        shown = tableShown;
        root.dataset.theme = 'light';
        tableShown = Math.max(tableShown, DATA.shown);
        show();
    });
    addEventListener('afterprint', () => {
        if (theme) root.dataset.theme = theme;
        else delete root.dataset.theme;
        tableShown = shown;
        show();
    });
}

/* Let the command be copied. */
function buildCopy() {
    const command = $('command');
    if (!command) return;
    const button = make('button', {
        type: 'button',
        className: 'tool',
        textContent: 'Copy',
        onclick: async () => {
            try {
                await navigator.clipboard.writeText(command.textContent);
                button.textContent = 'Copied';
            } catch {
                getSelection().selectAllChildren(command); // to be copied by hand
            }
        }
    });
    command.after(button);
}

/* Mark the section that is read in the line of contents. */
function followSections() {
    const links = new Map([...document.querySelectorAll('nav a')].map(a => [a.hash.slice(1), a]));
    const seen = new Set();
    const watch = new IntersectionObserver(
        entries => {
            for (const e of entries)
                if (e.isIntersecting) seen.add(e.target.id);
                else seen.delete(e.target.id);
            const first = [...links.keys()].find(id => seen.has(id));
            for (const [id, a] of links)
                if (id === first) a.setAttribute('aria-current', 'true');
                else a.removeAttribute('aria-current');
        },
        {rootMargin: '-80px 0px -50% 0px'}
    );
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
    new ResizeObserver(resize).observe(stage);
}
buildTable();
listenToPrint();
/* Do what can wait until the first picture is there. */
function settle() {
    document.body.classList.add('ready');
    if (DATA.map) loadTexts();
}
if (window.requestIdleCallback) requestIdleCallback(settle, {timeout: 2000});
else setTimeout(settle, 500);
