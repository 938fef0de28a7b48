import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import type { Scene } from '../e2e/scene.ts';
import { until } from '../fake-clock.ts';
import { launch, open, says, skip } from './page.ts';
import { CONFIG, stock } from './stock.ts';

describe('the console', { skip }, () => {
  let browser: Browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  test('says that all is well, shows a change at once, field by field, and complains of nothing', async () => {
    await using here = await open(browser, { config: CONFIG, source: stock(3) });
    const { page, scene, complaints } = here;
    await says(page, 'h1', /^All is well\.$/);
    await says(page, '#connection', /^Live$/);
    await says(page, '#sources-list', /stock[\s\S]*3 records[\s\S]*every 30s/);
    await says(page, '#webhooks-list', /agent[\s\S]*0 waiting/);
    const marked = '<img src=x onerror=alert(1)>';
    // A tenth of a second; a machine that does other things is no fault of the page, which looks by itself once a minute.
    const took: number[] = [];
    for (const price of ['2', '3', '12345678901234567890']) {
      scene.source = stock(3, { price: JSON.rawJSON(price), name: marked });
      const started = performance.now();
      await page.getByRole('button', { name: 'Poll now stock' }).click();
      await says(page, '#events-list', new RegExp(`stock\\.updated[\\s\\S]*price \\d → ${price}`));
      took.push(performance.now() - started);
    }
    assert.ok(Math.min(...took) < 5000, `it took ${took} ms`);
    await says(page, '#events-list', /name thing 1 → <img src=x onerror=alert\(1\)>/);
    await says(page, '#events-list', /agent[\s\S]*delivered/);
    // A record of many fields is made when it is unfolded, as far as anybody reads.
    const many = Object.fromEntries(Array.from({ length: 3000 }, (_, at) => [`field${at}`, '\u202e<b>']));
    scene.source = stock(4, many);
    await page.getByRole('button', { name: 'Poll now stock' }).click();
    await says(page, '#events-list', /195 more changed fields[\s\S]*New: 3 fields/);
    assert.ok(Number(await page.evaluate("document.querySelectorAll('#events-list *').length")) < 1000);
    await page.getByText('195 more changed fields').click();
    await says(page, '#events-list', /field197[\s\S]*More fields changed than the event lists/);
    assert.match(String(await page.locator('.bars').first().getAttribute('aria-label')), /4 changed/);
    assert.deepEqual(complaints, []);
  });

  test('says what fails, and retries and drops dead letters: one, selected, all', async () => {
    await using here = await open(browser, { config: CONFIG, source: stock(2) });
    const { page, scene, complaints } = here;
    await says(page, 'h1', /^All is well/);
    scene.answer = 400;
    scene.source = stock(6);
    await page.getByRole('button', { name: 'Poll now stock' }).click();
    await says(page, 'h1', /4 dead letters/);
    await says(page, '#deliveries-list', /last answer HTTP 400/);
    const rows = page.locator('#deliveries-list > li');
    const counts = (wanted: number) => until(async () => (await rows.count()) === wanted, `${wanted} rows`);
    await counts(4);
    await rows.first().getByRole('button', { name: 'Attempts' }).click();
    await says(page, '#deliveries-list .panel', /failed[\s\S]*HTTP 400/);

    scene.answer = 204;
    scene.received.length = 0;
    await rows.first().getByRole('button', { name: 'Retry' }).click();
    await says(page, 'h1', /3 dead letters/);
    assert.equal(scene.received.length, 1);

    await counts(3);
    await rows.nth(0).getByRole('checkbox').check();
    await rows.nth(1).getByRole('checkbox').check();
    await page.getByRole('button', { name: 'Drop 2 selected' }).click();
    await page.getByRole('button', { name: 'Cancel' }).click();
    assert.equal(await rows.count(), 3);
    await page.getByRole('button', { name: 'Drop 2 selected' }).click();
    await page.getByRole('button', { name: 'Drop 2 deliveries' }).click();
    await says(page, 'h1', /1 dead letter\./);

    await page.getByRole('button', { name: 'Retry all' }).click();
    await page.locator('#confirm-yes').click();
    await says(page, 'h1', /All is well/);
    await says(page, '#deliveries-count', /none/);
    assert.equal(scene.received.length, 2);
    assert.deepEqual(complaints, []);
  });

  test('shows a doubt with what was seen, and asks before it is believed', async () => {
    await using here = await open(browser, { config: CONFIG, source: stock(20) });
    const { page, scene, complaints } = here;
    await says(page, '#sources-list', /20 records/);
    scene.source = stock(2);
    await page.getByRole('button', { name: 'Poll now stock' }).click();
    await says(page, 'h1', /1 answer of stock is in doubt/);
    await says(page, '#doubts', /18 of 20 records[\s\S]*For example/);
    await page.getByRole('button', { name: 'Approve the answer of stock' }).click();
    await says(page, '#confirm', /Report 18 records of stock as deleted/);
    await page.keyboard.press('Escape');
    assert.equal(scene.received.length, 0);
    await page.getByRole('button', { name: 'Approve the answer of stock' }).click();
    await page.locator('#confirm-yes').click();
    await says(page, 'h1', /All is well/);
    await scene.deliveries(18);
    await page.locator('#doubts').waitFor({ state: 'hidden' });
    assert.deepEqual(complaints, []);
  });

  test('pauses and resumes, and says so', async () => {
    await using here = await open(browser, { config: CONFIG, source: stock(1) });
    const { page } = here;
    await page.getByRole('button', { name: 'Pause stock' }).click();
    await says(page, '#sources-list', /paused/);
    await page.getByRole('button', { name: 'Resume stock' }).click();
    await says(page, '#sources-list', /ok/);
    await page.getByRole('button', { name: 'Pause agent' }).click();
    await says(page, '#webhooks-list', /paused/);
    await says(page, '#subline', /1 paused/);
    await page.getByRole('button', { name: 'Send a test to agent' }).click();
    await says(page, '#notice', /agent took the test event with HTTP 204/);
  });

  test('says that a changed configuration is not applied, and why, also to who comes later', async () => {
    await using here = await open(browser, { config: CONFIG, source: stock(1) });
    const { page, scene } = here;
    await says(page, 'h1', /^All is well/);
    await scene.reload(`${CONFIG}\nnonsense: 1\n`);
    await says(page, 'h1', /^The changed configuration is not applied\.$/);
    await page.reload();
    await says(page, 'h1', /not applied/);
    await says(page, '#mistakes', /config\.yaml:\d+:1 {1,2}nonsense: unknown key/);
    await scene.reload(CONFIG);
    await says(page, 'h1', /^All is well/);
    assert.equal(await page.locator('#mistakes').isVisible(), false);
  });

  test('says that there is no connection, and comes back by itself', async () => {
    await using here = await open(browser, { config: CONFIG, source: stock(1) });
    const { page, scene } = here;
    // Also before it has read anything.
    await page.route('**/api/v1/{sources,webhooks,events,deliveries}?**', (route) => route.abort());
    await page.reload();
    await says(page, '#connection', /^Live$/);
    const port = new URL(page.url()).port;
    await scene.stop();
    await says(page, '#connection', /Not connected/);
    await says(page, 'h1', /No connection/);
    // In the words of who refuses.
    const busy = { detail: 'too many clients follow the stream', remedy: 'Close some.' };
    await page.route('**/api/v1/stream', (route) =>
      route.fulfill({ status: 503, contentType: 'application/problem+json', body: JSON.stringify(busy) }),
    );
    await says(page, '#subline', /^too many clients follow the stream\. Close some\./);
    await page.unrouteAll();
    await scene.start(`${CONFIG}\nserver: { listen: "127.0.0.1:${port}" }\n`);
    await says(page, '#connection', /^Live$/);
    await says(page, 'h1', /All is well/);
  });

  test('lets go of its connection while nobody looks, and says in its title what it reads now and then', async () => {
    await using here = await open(browser, { config: CONFIG, source: stock(1) });
    const { page, scene } = here;
    const show = (hidden: boolean) =>
      page.evaluate(`Object.defineProperty(document, 'hidden', { value: ${hidden}, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'))`);
    await page.clock.install();
    await page.reload();
    await says(page, 'h1', /All is well/);
    await show(true);
    await page.clock.fastForward(5000);
    await says(page, '#connection', /Resting/);
    scene.source = stock(0);
    await scene.nextPoll(30_000);
    await page.clock.fastForward(60_000);
    await says(page, 'title', /1 answer of stock is in doubt/);
    await show(false);
    await says(page, '#connection', /^Live$/);
  });

  test('asks for the token once, and never puts it into an address', async () => {
    const token = 'a-token-that-nobody-guesses';
    await using here = await open(browser, {
      config: `${CONFIG}\nserver: { token: ${token} }\n`,
      source: stock(1),
    });
    const { page, scene } = here;
    const addresses: string[] = [];
    page.on('request', (request) => addresses.push(request.url()));
    await says(page, '#token-dialog', /asks for its token/);
    for (const wrong of ['tökén–', 'wrong']) {
      await page.locator('#token').fill(wrong);
      await page.keyboard.press('Enter');
      await says(page, '#token-dialog', /was not accepted/);
    }
    await page.locator('#token').fill(token);
    await page.keyboard.press('Enter');
    await says(page, 'h1', /All is well/);
    await page.reload();
    await says(page, 'h1', /All is well/);
    assert.equal(await page.locator('#token-dialog').isVisible(), false);
    assert.ok(addresses.length > 5 && addresses.every((address) => !address.includes(token)));
    // Another token applies while the page is open.
    await scene.reload(`${CONFIG}\nserver: { token: another-${token} }\n`);
    await says(page, '#token-dialog', /was not accepted/);
    await page.locator('#token').fill(`another-${token}`);
    await page.keyboard.press('Enter');
    await says(page, '#connection', /^Live$/);
    await page.getByRole('button', { name: 'Forget token' }).click();
    await says(page, '#token-dialog', /asks for its token/);
  });

  test('draws a page of a thousand sources, finds one by its name, and puts what fails first', async () => {
    const names = Array.from({ length: 1000 }, (_, at) => `source-${String(at).padStart(4, '0')}`);
    const sources = names.map(
      (name) => `  ${name}: { url: "\${SOURCE}/${name}", every: 1h, send_to: agent }`,
    );
    const config = CONFIG.replace(/sources:[\s\S]*?(?=webhooks:)/, `sources:\n${sources.join('\n')}\n`);
    const answers: Scene['source'] = ({ url = '' }: IncomingMessage, response: ServerResponse) =>
      response.writeHead(url.includes('0777') ? 404 : 200, { 'content-type': 'application/json' }).end('[]');
    await using here = await open(browser, { config, source: answers });
    const { page, complaints } = here;
    await says(page, '#sources-count', /^1,000$/);
    const rows = page.locator('#sources-list > li');
    assert.equal(await rows.count(), 50);
    await page.getByRole('button', { name: 'More sources' }).click();
    await says(page, '#sources-pager', /51 to 100/);
    await page.locator('#sources-name').fill('0777');
    await page.getByRole('button', { name: 'Poll now source-0777' }).click();
    await says(page, '#sources-list', /failing[\s\S]*404/);
    await page.locator('#sources-name').fill('');
    await says(page, '#sources-list > li:first-child', /source-0777/);
    assert.deepEqual(complaints, []);
  });
});
