/* Drive a headless Chromium by the DevTools protocol through a pipe: no package is needed. */
import {spawn} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

export class Chrome {
  constructor(binary) {
    this.home = mkdtempSync(join(tmpdir(), 'kclust-browser.'));
    this.process = spawn(binary, ['--headless=new', '--no-sandbox', '--disable-gpu', '--remote-debugging-pipe', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync', '--hide-scrollbars', '--mute-audio',
      '--disable-dev-shm-usage', `--user-data-dir=${this.home}`, 'about:blank'], {stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe']});
    this.next = 1;
    this.waiting = new Map();
    this.listeners = [];
    let rest = '';
    this.process.stdio[4].setEncoding('utf8');
    this.process.stdio[4].on('data', text => {
      const parts = (rest + text).split('\0');
      rest = parts.pop();
      for (const part of parts) this.take(JSON.parse(part));
    });
  }

  take(message) {
    const wait = this.waiting.get(message.id);
    if (wait) {
      this.waiting.delete(message.id);
      if (message.error) wait.reject(new Error(message.error.message)); else wait.resolve(message.result);
    }
    for (const listener of this.listeners) listener(message);
  }

  send(method, params = {}, sessionId = undefined) {
    const id = this.next++;
    this.process.stdio[3].write(JSON.stringify({id, method, params, sessionId}) + '\0');
    return new Promise((resolve, reject) => this.waiting.set(id, {resolve, reject}));
  }

  /* Open a page: offline, in colours and a size. */
  async open(url, {width = 1280, height = 900, dark = false, scale = 1, script = true, reduced = true} = {}) {
    const {targetId} = await this.send('Target.createTarget', {url: 'about:blank'});
    const {sessionId} = await this.send('Target.attachToTarget', {targetId, flatten: true});
    const page = new Page(this, sessionId, targetId);
    for (const domain of ['Page', 'Runtime', 'Network', 'Log']) await page.send(domain + '.enable');
    await page.send('Emulation.setDeviceMetricsOverride', {width, height, deviceScaleFactor: scale, mobile: false});
    await page.send('Emulation.setEmulatedMedia', {features: [{name: 'prefers-color-scheme', value: dark ? 'dark' : 'light'},
      {name: 'prefers-reduced-motion', value: reduced ? 'reduce' : 'no-preference'}]});
    if (!script) await page.send('Emulation.setScriptExecutionDisabled', {value: true});
    const loaded = page.wait('Page.loadEventFired');
    await page.send('Page.navigate', {url});
    await loaded;
    return page;
  }

  async close() {
    const ended = new Promise(resolve => this.process.on('close', resolve));
    this.send('Browser.close').catch(() => {});
    await ended;
    rmSync(this.home, {recursive: true, force: true, maxRetries: 10, retryDelay: 100});
  }
}

class Page {
  constructor(chrome, session, target) {
    Object.assign(this, {chrome, session, target});
    this.faults = [];   // messages of the console, exceptions, violations of the policy
    this.requests = []; // other than the page itself
    this.listener = m => {
      if (m.sessionId !== session) return;
      if (m.method === 'Runtime.exceptionThrown') this.faults.push(m.params.exceptionDetails.exception?.description || m.params.exceptionDetails.text);
      if (m.method === 'Runtime.consoleAPICalled') this.faults.push(m.params.args.map(a => a.value).join(' '));
      if (m.method === 'Log.entryAdded') this.faults.push(m.params.entry.text);
      if (m.method === 'Page.javascriptDialogOpening') this.faults.push('dialog: ' + m.params.message);
      if (m.method === 'Network.requestWillBeSent' && !/^(data|blob):/.test(m.params.request.url)) this.requests.push(m.params.request.url);
    };
    chrome.listeners.push(this.listener);
  }

  send(method, params) {
    return this.chrome.send(method, params, this.session);
  }

  wait(method) {
    return new Promise(resolve => {
      const listener = m => {
        if (m.sessionId !== this.session || m.method !== method) return;
        this.chrome.listeners.splice(this.chrome.listeners.indexOf(listener), 1);
        resolve(m.params);
      };
      this.chrome.listeners.push(listener);
    });
  }

  /* Return the value of an expression in the page. */
  async eval(expression) {
    const {result, exceptionDetails} = await this.send('Runtime.evaluate', {expression, returnByValue: true, awaitPromise: true});
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description || exceptionDetails.text);
    return result.value;
  }

  /* Wait until an expression is true; false if it does not become so within some minutes. */
  async until(expression) {
    for (const end = Date.now() + 180000; Date.now() < end;) {
      if (await this.eval(expression)) return true;
      await new Promise(r => setTimeout(r, 20));
    }
    return false;
  }

  async shot(path, {whole = false, clip} = {}) {
    if (whole) {
      const {cssContentSize: s} = await this.send('Page.getLayoutMetrics');
      clip = {x: 0, y: 0, width: s.width, height: Math.min(s.height, 16000), scale: 1};
    }
    const {data} = await this.send('Page.captureScreenshot', {format: 'png', captureBeyondViewport: whole || !!clip, ...clip ? {clip} : {}});
    writeFileSync(path, Buffer.from(data, 'base64'));
  }

  async pdf(path) {
    const {data} = await this.send('Page.printToPDF', {printBackground: true, preferCSSPageSize: false, paperWidth: 8.27, paperHeight: 11.69});
    writeFileSync(path, Buffer.from(data, 'base64'));
  }

  async click(x, y) {
    await this.move(x, y);
    for (const type of ['mousePressed', 'mouseReleased']) await this.send('Input.dispatchMouseEvent', {type, x, y, button: 'left', clickCount: 1});
  }

  move(x, y) {
    return this.send('Input.dispatchMouseEvent', {type: 'mouseMoved', x, y});
  }

  async key(key) {
    for (const type of ['keyDown', 'keyUp']) await this.send('Input.dispatchKeyEvent', {type, key, ...key.length === 1 && type === 'keyDown' ? {text: key} : {}});
  }

  type(text) {
    return this.send('Input.insertText', {text});
  }

  close() {
    this.chrome.listeners.splice(this.chrome.listeners.indexOf(this.listener), 1);
    return this.chrome.send('Target.closeTarget', {targetId: this.target});
  }
}
