import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { launch, type Play, play, says, skip, visit } from './page.ts';
import { live, TOWN, townsfolk } from './town.ts';

/** Where pictures go that somebody wants to look at. */
const PICTURES = process.env.POLLHOOK_PICTURES;

/** In the page: every text with its colour and the colour that it stands on, as far as it can be seen. */
const TEXTS = `(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.nodeValue.trim() || !element.checkVisibility() || element.closest('.spoken, .skip, noscript, script')) continue;
    let behind = element;
    while (behind && rgba(getComputedStyle(behind).backgroundColor)[3] < 255) behind = behind.parentElement;
    found.push({ text: node.nodeValue.trim().slice(0, 40), colour: rgba(getComputedStyle(element).color), ground: rgba(getComputedStyle(behind ?? document.body).backgroundColor) });
  }
  return found;
})()`;

/** Relative luminance and contrast as WCAG 2 defines them. */
function luminance(colour: readonly number[]): number {
  const [r = 0, g = 0, b = 0] = colour.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one: readonly number[], other: readonly number[]): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

async function assertLegible(page: Page): Promise<void> {
  const texts = (await page.evaluate(TEXTS)) as { text: string; colour: number[]; ground: number[] }[];
  assert.ok(texts.length > 100, `${texts.length} texts`);
  const faint = texts.filter(({ colour, ground }) => contrast(colour, ground) < 4.5);
  assert.deepEqual(faint, []);
}

async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
}

describe('the console is for everybody', { skip }, () => {
  let browser: Browser;
  let town: Play;
  before(async () => {
    browser = await launch();
    town = await play({ config: TOWN, source: townsfolk(), before: live });
  });
  after(async () => {
    await town[Symbol.asyncDispose]();
    await browser.close();
  });

  test('light, dark and at the width of a phone: legible, in words, nothing cut off', async () => {
    await using here = await visit(browser, town.address);
    const { page, complaints } = here;
    await says(
      page,
      'h1',
      /^Source status-page fails, 1 answer of tickets is in doubt and \d+ dead letters\.$/,
    );
    await says(page, '#events-list', /stage negotiation → won/);
    await says(page, '#budgets', /crm/);
    await assertLegible(page);
    await picture(page, 'light');
    if (PICTURES !== undefined) await page.screenshot({ path: join(PICTURES, 'console.png') });
    await page.emulateMedia({ colorScheme: 'dark' });
    await assertLegible(page);
    await picture(page, 'dark');
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: 390, height: 844 });
    const wide = await page.evaluate('document.documentElement.scrollWidth');
    assert.ok(Number(wide) <= 390, `${wide} pixels wide`);
    await picture(page, 'phone');
    // The switch wins over what the system prefers, and is remembered.
    await page.getByRole('button', { name: 'Theme: auto' }).click();
    await page.getByRole('button', { name: 'Theme: light' }).click();
    await page.reload();
    await says(page, '#theme', /Theme: dark/);
    await says(page, 'h1', /dead letters/);
    await assertLegible(page);
    assert.deepEqual(complaints, []);
  });

  test('the keyboard reaches everything that can be done, and shows where it is', async () => {
    await using here = await visit(browser, town.address);
    const { page } = here;
    await says(page, '#deliveries-list', /HTTP 422/);
    await says(page, '#doubts', /Approve/);
    await says(page, '#events-list', /won/);
    await says(page, '#budgets', /crm/);
    await says(page, 'h1', /dead letters/);
    const wanted = Number(
      await page.evaluate(
        "[...document.querySelectorAll('a, button, input, select, summary')].filter((one) => one.checkVisibility()).length",
      ),
    );
    await page.evaluate('globalThis.reached = new Set()');
    const unseen: unknown[] = [];
    for (let press = 0; press < wanted + 5; press += 1) {
      await page.keyboard.press('Tab');
      const stop = (await page.evaluate(`(() => {
        const element = document.activeElement;
        if (element === document.body) return null;
        globalThis.reached.add(element);
        const { outlineStyle, outlineWidth } = getComputedStyle(element);
        const name = element.ariaLabel || element.labels?.[0]?.textContent || element.textContent;
        return { name: name.trim(), seen: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 };
      })()`)) as { name: string; seen: boolean } | null;
      if (stop && (!stop.seen || stop.name === '')) unseen.push(stop);
    }
    assert.deepEqual(unseen, []);
    assert.equal(await page.evaluate('globalThis.reached.size'), wanted);
    const names = (await page.evaluate(
      "[...document.querySelectorAll('main button')].filter((one) => one.checkVisibility()).map((one) => one.textContent)",
    )) as string[];
    assert.equal(new Set(names).size, names.length, 'two buttons have the same name');
  });

  test('a decision is made with the keyboard alone, and the focus comes back', async () => {
    await using here = await visit(browser, town.address);
    const { page } = here;
    const focused = () => page.evaluate('document.activeElement.textContent');
    const posted: string[] = [];
    page.on('request', (one) => void (one.method() === 'POST' && posted.push(new URL(one.url()).pathname)));
    await says(page, '#doubts', /Reject/);
    await page.getByRole('button', { name: 'Approve the answer of tickets' }).focus();
    await page.keyboard.press('Enter');
    await says(page, '#confirm', /Report 37 records of tickets as deleted/);
    await page.keyboard.press('Escape');
    assert.match(String(await focused()), /^Approve the answer of tickets$/);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await says(page, '#confirm', /Keep what tickets showed before/);
    await page.keyboard.press('Escape');
    assert.match(String(await focused()), /^Reject the answer of tickets$/);
    // Cancelled, and the next question asked before the browser tells that the dialog was closed.
    await page.evaluate(`{
      const [approve, reject] = document.querySelectorAll('#doubts-list button');
      approve.click();
      document.querySelector('#confirm').close();
      reject.click();
    }`);
    await says(page, '#confirm', /Keep what tickets showed before/);
    assert.equal(await page.evaluate('document.activeElement.id'), 'confirm-no');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await says(page, '#notice', /rejected/);
    await says(page, '#doubts', /rejected: the baseline stays/);
    // The button is gone; its row has the focus, so that the next Tab goes on from there.
    assert.ok(await page.evaluate("document.activeElement.matches('#doubts-list > li')"));
    await page.keyboard.press('Tab');
    assert.match(String(await focused()), /^Approve the answer of tickets$/);
    assert.deepEqual(posted, ['/api/v1/sources/tickets/reject']);
  });
});
