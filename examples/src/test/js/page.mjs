// Drives the page in Chromium: node page.mjs <address> <folder for screenshots>
import assert from 'node:assert/strict';
import { launch } from '../../../../transport-websocket/js/test/browser.js';

const [address, folder] = process.argv.slice(2);
const browser = await launch();
const errors = [];

async function open(viewport) {
  const page = await browser.newPage({ viewport });
  page.setDefaultTimeout(20000);
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('request', (request) => request.url().startsWith(address) || request.url().startsWith('data:')
    || errors.push(`an external asset: ${request.url()}`));
  await page.goto(address);
  return page;
}

const text = (page, selector) => page.locator(selector).innerText();
const figure = async (page, name) => Number.parseFloat(await text(page, `[data-figure=${name}]`));

async function until(page, condition, what) {
  for (const end = Date.now() + 20000; !(await condition()); ) {
    assert(Date.now() < end, `never: ${what}`);
    await page.waitForTimeout(50);
  }
}

try {
  const page = await open({ width: 1100, height: 760 });

  // a request with a return channel
  await until(page, async () => (await text(page, '#ask output')) === '71 × 839 × 1471 × 6857', 'the factors at the start');
  await page.fill('#ask input', '1');
  await page.click('#ask button');
  await until(page, async () => (await text(page, '#ask output')).startsWith('numbers from 2'), 'the refusal with its words');
  await page.fill('#ask input', '479001600');
  await page.click('#ask button');
  const factors = [2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 5, 5, 7, 11].join(' × ');
  await until(page, async () => (await text(page, '#ask output')) === factors, 'the factors of 12!');

  // a channel that the server sent to the page
  await page.fill('#room input', 'Hello from Chromium');
  await page.click('#room button');
  await until(page, async () => (await text(page, '#room ol')).includes('Hello from Chromium'), 'the line comes back');

  // an upload as a byte stream
  await page.setInputFiles('#upload input', { name: 'abc.txt', mimeType: 'text/plain', buffer: Buffer.from('abc') });
  const digest = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'; // of abc
  await until(page, async () => (await text(page, '#upload small')).includes(digest), 'the digest of a file');
  await page.click('#upload button');
  await until(page, async () => (await text(page, '#upload output')).startsWith('noise: 32.0 MiB'), 'the upload');
  await until(page, async () => (await text(page, '#upload small')).startsWith('SHA-256'), 'its digest');
  assert.equal(await page.locator('#upload progress').evaluate((bar) => bar.value), 1);

  // events: the server waits for the page, or the page falls behind
  await until(page, async () => (await figure(page, 'rate')) > 0, 'events come');
  assert((await figure(page, 'waiting')) <= 1, 'with back-pressure nothing waits in the page');
  await page.click('.switch');
  await until(page, async () => (await figure(page, 'waiting')) > 200, 'without it events pile up');
  const lag = await figure(page, 'lag');
  await until(page, async () => (await figure(page, 'lag')) > lag, 'and the lag grows');
  await page.screenshot({ path: `${folder}/page.png`, fullPage: true });

  const phone = await open({ width: 390, height: 844 });
  await until(phone, async () => (await text(phone, '#room ol')).includes('is here'), 'a second guest');
  const overflow = await phone.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert(overflow <= 0, `the page is ${overflow} pixels too wide for a phone`);
  await phone.screenshot({ path: `${folder}/phone.png`, fullPage: true });
  await phone.close();
  await until(page, async () => (await text(page, '#room ol')).includes('has left'), 'whoever closes the page has left');

  assert.deepEqual(errors, []);
  console.log('page ok');
} finally {
  await browser.close();
}
