import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { Scene } from '../e2e/scene.ts';
import { until } from '../fake-clock.ts';

/** On a machine that has other things to do; less than the minute after which the page looks by itself. */
const PATIENCE = 30_000;

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

/** What stands around the console. */
interface Setting {
  readonly config: string;
  readonly source: unknown;
  readonly before?: (scene: Scene) => Promise<void>;
}

export interface Play extends AsyncDisposable {
  readonly scene: Scene;
  /** Of the page. */
  readonly address: string;
}

/** A daemon between a legacy system and a receiver. */
export async function play({ config, source, before }: Setting): Promise<Play> {
  await using opened = new AsyncDisposableStack();
  const scene = opened.use(await Scene.open());
  scene.source = source;
  const app = await scene.start(config);
  await until(() => scene.lines('first snapshot').length > 0);
  await before?.(scene);
  const all = opened.move();
  return { scene, address: `http://${app.address}/`, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

export interface Visit extends AsyncDisposable {
  readonly page: Page;
  /** What the page and the browser complained about. */
  readonly complaints: string[];
}

/** A console in a tab of its own. Every page is held to being quiet, and to asking nobody else. */
export async function visit(browser: Browser, address: string): Promise<Visit> {
  const tab = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await tab.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(address) && !url.startsWith('data:')) complaints.push(`asked ${url}`);
  });
  await page.goto(address);
  return { page, complaints, [Symbol.asyncDispose]: () => tab.close() };
}

/** Both, for one test. */
export async function open(browser: Browser, setting: Setting): Promise<Play & Visit> {
  await using opened = new AsyncDisposableStack();
  const played = opened.use(await play(setting));
  const visited = opened.use(await visit(browser, played.address));
  const all = opened.move();
  return { ...played, ...visited, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/**
 * Waits until an element says so; the message of a failure has what it said instead. The page itself looks, now and then:
 * asking it again and again would take the time that it needs.
 */
export async function says(page: Page, selector: string, expected: RegExp): Promise<void> {
  const elements = `[...document.querySelectorAll(${JSON.stringify(selector)})]`;
  const said = await page.evaluate(`(async () => {
    const end = performance.now() + ${PATIENCE};
    for (;;) {
      const said = ${elements}.map((one) => one.innerText).join('\\n');
      if (${expected}.test(said) || performance.now() > end) return said;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })()`);
  assert.match(String(said), expected);
}
