import { consequences, describeReading } from '../../fetch/limits/describe.ts';
import { header } from '../../lib/http/header.ts';
import { formatDuration } from '../../lib/units.ts';
import type { Asked } from './ask.ts';
import type { Option } from './write.ts';

const USUAL = 60_000;
const LONGEST = 3_600_000;

/** The interval to propose, and why: a minute, or the answer's cache lifetime, or a hundred times what an answer takes. */
export function intervalOf({ answers, headers }: Asked): Option {
  const seconds = /(?:^|,)\s*(?:s-)?max-?age\s*=\s*"?(\d{1,9})/i.exec(
    header(headers, 'cache-control') ?? '',
  )?.[1];
  const fresh = Number(seconds ?? 0) * 1000;
  const slowest = Math.max(...answers.map(({ duration }) => duration));
  const slow = Math.ceil((slowest * 100) / 60_000) * 60_000;
  const interval = Math.min(LONGEST, Math.max(USUAL, fresh, slowest * 100 > USUAL ? slow : 0));
  const why =
    interval === USUAL
      ? 'a first value: how late may a change be reported?'
      : interval === fresh
        ? 'the server says that an answer stays fresh for so long'
        : `an answer takes ${formatDuration(Math.round(slowest))}`;
  return { name: 'every', value: formatDuration(interval), why };
}

/** What the answers showed about conditional requests and rate limits, a sentence each. */
export function pollingRemarks({ answers, headers, conditional, limitReport }: Asked): string[] {
  const validator = header(headers, 'etag') === null ? 'Last-Modified' : 'ETag';
  const remarks: string[] = [];
  if (conditional === 'honoured')
    remarks.push(`${validator}: the server answers conditional requests with 304: unchanged polls are cheap`);
  else if (conditional === 'ignored')
    remarks.push(`${validator}: sent by the server, but ignored in requests: every poll reads everything`);
  else remarks.push('no ETag and no Last-Modified: every poll reads everything');
  const [first, ...others] = answers;
  if (first && conditional && header(headers, 'etag') !== null) {
    const same = others.every(({ body }) => body.equals(first.body));
    if (same && others.some(({ validators }) => validators?.etag !== first.validators?.etag))
      remarks.push('the ETag differs from answer to answer though the content does not: it saves nothing');
  }
  for (const reading of limitReport?.readings ?? [])
    remarks.push(`${reading.header}: ${reading.value.slice(0, 60)}: ${describeReading(reading)}`);
  if (limitReport && limitReport.readings.length > 0) remarks.push(...consequences(limitReport));
  return remarks;
}
