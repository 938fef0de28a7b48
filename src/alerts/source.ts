import { counted, formatWait } from '../lib/units.ts';
import type { PollReport } from '../poll-report.ts';
import { type Alert, isoTime, type Subject } from './alert.ts';
import { chain, close, open, quiet, type Step, type Told } from './episodes.ts';

/** Failed polls in a row after which it is no accident. */
const FAILING_AFTER = 3;

/** What a poll says about its source, given what was told of it. */
export function afterPoll(told: Told, report: PollReport): Step {
  const { at, failure, failures, doubt } = report;
  const subject: Subject = { kind: 'source', name: report.source };
  const suspect =
    (message: string, details = {}) =>
    (now: Told) =>
      open(now, 'suspect', subject, at, message, details);
  if (failure && report.result === 'suspect') {
    return suspect(`${failure.message}; nothing is compared until an answer can be believed`)(told);
  }
  if (failure) {
    // What is wrong with credentials does not pass by itself, and polls become rare.
    if (failures < FAILING_AFTER && failure.code !== 'FETCH_CREDENTIALS') return quiet(told);
    const message = `${failures} ${failures === 1 ? 'poll' : 'polls in a row'} failed: ${failure.message}`;
    return open(told, 'failing', subject, at, message, { failures, error: failure.code });
  }
  if (doubt !== null) {
    const approve = `pollhook approve ${report.source}`;
    const { missing, of, examples } = report.held ?? {};
    const held = report.held && { missing, of, examples };
    const message = `${doubt}; nothing is reported as deleted until an answer shows the records again, or you say that it is right: ${approve}`;
    // In this order: all is not well again in between.
    return chain(suspect(message, { seen: doubt, ...held, approve })(told), (now) =>
      close(now, ['failing'], subject, at),
    );
  }
  return chain(close(told, ['failing', 'stale', 'suspect'], subject, at), (now) => {
    const alerts = report.baseline === 'rebaselined' ? [rebaselined(report, subject)] : [];
    return chain({ told: now, alerts }, (then) => afterEnding(then, report));
  });
}

/** Where a source stands that has finished, as its last poll or the state says it. */
export type Ended = Pick<PollReport, 'source' | 'at' | 'records' | 'finished'>;

/** What the end of a source says, if it has come. */
export function afterEnding(told: Told, { source, at, records, finished }: Ended): Step {
  if (finished === null || told.last.finished === finished) return quiet(told);
  const message = '`until` is true: what changed last is reported, and no more polls are due';
  const subject: Subject = { kind: 'source', name: source };
  return {
    told: { ...told, last: { ...told.last, finished } },
    alerts: [{ type: 'pollhook.source.finished', subject, at, message, details: { records } }],
  };
}

function rebaselined({ at, records }: PollReport, subject: Subject): Alert {
  const message = `what is compared has changed: new baseline of ${counted(records ?? 0, 'record')}, no events`;
  return { type: 'pollhook.source.rebaselined', subject, at, message, details: { records } };
}

/** @param since when the last successful poll began; null if there was none */
export function afterSilence(told: Told, name: string, since: number | null, now: number): Step {
  const silence =
    since === null ? 'no successful poll yet' : `no successful poll for ${formatWait(now - since)}`;
  const details = { last_success: since === null ? null : isoTime(since) };
  return open(told, 'stale', { kind: 'source', name }, now, silence, details);
}
