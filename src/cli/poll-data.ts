import { consequences, describeReading } from '../fetch/limits/describe.ts';
import { parseJson } from '../lib/json.ts';
import { resultOf, type Shown } from './poll-text.ts';

/** A poll as the command shows it with `--json`. */
export function pollAsData({ source, before, poll, duration, live, limitReport }: Shown): unknown {
  const limits = (limitReport?.readings ?? []).map((reading) => {
    return { header: reading.header, value: reading.value, meaning: describeReading(reading) };
  });
  const follows = limitReport ? consequences(limitReport) : [];
  const common = {
    source: source.name,
    status: poll.status,
    duration_ms: Math.round(duration),
    limits: { headers: limits, follows },
  };
  if (poll.kind === 'failed')
    return { ...common, result: resultOf(poll), error: poll.failure, not_before: poll.notBefore };
  const { detected, events, deliveries, rules, warnings } = poll;
  return {
    ...common,
    result: detected.doubt ? 'suspect' : detected.changes.length > 0 ? 'changed' : 'unchanged',
    basis: detected.basis,
    compared_with_version: before?.version ?? null,
    records: detected.records,
    pages: poll.pages,
    missing: Object.keys(detected.absent),
    unconfirmed: Object.keys(detected.unconfirmed),
    doubt: detected.doubt?.reason ?? null,
    unsettled: poll.unsettled,
    held: detected.doubt?.examples ?? [],
    finished: detected.ending?.finished != null,
    events: events.map(({ id, body }, at) => ({ id, rule: (rules[at] ?? 0) + 1, body: parseJson(body) })),
    deliveries,
    warnings,
    stored: live,
  };
}
