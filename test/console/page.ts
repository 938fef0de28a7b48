import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { Scene } from '../e2e/scene.ts';
import { until } from '../fake-clock.ts';

const CHROMIUM = '/usr/bin/chromium';

/** Why the tests of this folder cannot run here; false if they can. */
export const skip = existsSync(CHROMIUM) ? false : `there is no ${CHROMIUM}`;

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

export interface Shown extends AsyncDisposable {
  readonly scene: Scene;
  readonly page: Page;
  /** What the page and the browser complained about. */
  readonly complaints: string[];
}

/** A daemon between a legacy system and a receiver, and its console in a browser. Every page is held to being quiet. */
export async function open(
  browser: Browser,
  {
    config,
    source,
    context = {},
    before,
  }: {
    readonly config: string;
    readonly source: unknown;
    readonly context?: BrowserContextOptions;
    readonly before?: (scene: Scene) => Promise<void>;
  },
): Promise<Shown> {
  await using opened = new AsyncDisposableStack();
  const scene = opened.use(await Scene.open());
  scene.source = source;
  const app = await scene.start(config);
  await until(() => scene.lines('first snapshot').length > 0);
  await before?.(scene);
  const tab = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...context });
  opened.defer(() => tab.close());
  const page = await tab.newPage();
  const own = `http://${app.address}/`;
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(own) && !url.startsWith('data:')) complaints.push(`asked ${url}`);
  });
  await page.goto(own);
  const all = opened.move();
  return { scene, page, complaints, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/** Waits until an element says so; the message of a failure has what it said instead. */
export async function says(page: Page, selector: string, expected: RegExp, limit = 4000): Promise<void> {
  const started = performance.now();
  let said = '';
  while (performance.now() - started < limit) {
    said = (await page.locator(selector).allInnerTexts()).join('\n');
    if (expected.test(said)) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.match(said, expected);
}
