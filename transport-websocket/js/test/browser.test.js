// The contract again, in a browser: the same cases with its own WebSocket and streams.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { launch } from './browser.js';
import { peers } from './peers.js';
import { truth } from './support.js';

const ROOT = new URL('../', import.meta.url);
const IMPORTS = { imports: { libchan: '/lib/index.js', '@msgpack/msgpack': '/node_modules/@msgpack/msgpack/dist.esm/index.mjs' } };
const PAGE = `<!doctype html><link rel="icon" href="data:,"><script type="importmap">${JSON.stringify(IMPORTS)}</script>`;

describe('browser', () => {
  let server;
  let browser;
  let page;

  before(async () => {
    server = createServer(async ({ url }, response) => {
      if (url === '/') {
        response.setHeader('content-type', 'text/html').end(PAGE);
        return;
      }
      try {
        const file = new URL(`.${new URL(url, 'http://x').pathname}`, ROOT);
        const content = await readFile(file);
        response.setHeader('content-type', 'text/javascript').end(content);
      } catch {
        response.writeHead(404).end();
      }
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    browser = await launch();
    page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
  });

  after(async () => {
    await browser?.close();
    server?.closeAllConnections();
    server?.close();
  });

  it('runs the contract in Chromium', { timeout: 100000 }, async () => {
    const results = await page.evaluate(async (addresses) => {
      const { casesFor } = await import('/test/cases.js');
      const left = casesFor(addresses);
      const told = [];
      await Promise.all([1, 2, 3, 4].map(async () => {
        for (let one = left.shift(); one !== undefined; one = left.shift()) {
          const name = `${one.name} (${one.route})`;
          await one.run().then(() => told.push({ name }), (error) => told.push({ name, error: String(error.stack) }));
        }
      }));
      return told;
    }, peers);
    truth(results.length > 100, `only ${results.length} cases`);
    const failed = results.filter(({ error }) => error !== undefined);
    truth(failed.length === 0, failed.map(({ name, error }) => `${name}: ${error}`).join('\n'));
  });
});
