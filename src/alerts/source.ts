import { isoTime } from '../lib/iso-time.ts';
import { counted, formatWait } from '../lib/units.ts';
import type { PollReport } from '../poll-report.ts';
import type { Alert, Subject } from './alert.ts';
import { chain, close, open, quiet, type Reported, type Step } from './episodes.ts';

/** Failed polls in a row after which a source is failing. */
const FAILING_AFTER = 3;

/** The alerts after a poll, given what was reported before. */
export function afterPoll(reported: Reported, report: PollReport): Step {
  const { at, failure, failures, doubt } = report;
  const subject: Subject = { kind: 'source', name: report.source };
  const suspect =
    (message: string, details = {}) =>
    (now: Reported) =>
      open(now, 'suspect', { subject, at, message, details });
  if (failure && report.result === 'suspect') {
    return suspect(`${failure.message}; nothing is compared until an answer can be believed`)(reported);
  }
  if (failure) {
    // Refused credentials do not pass by themselves, and polls become rare: they are reported at once.
    if (failures < FAILING_AFTER && failure.code !== 'FETCH_CREDENTIALS') return quiet(reported);
    const message = `${failures} ${failures === 1 ? 'poll' : 'polls in a row'} failed: ${failure.message}`;
    return open(reported, 'failing', { subject, at, message, details: { failures, error: failure.code } });
  }
  if (doubt !== null) {
    const approve = `pollhook approve ${report.source}`;
    const { missing, of, examples } = report.held ?? {};
    const held = report.held && { missing, of, examples };
    const message = `${doubt}; nothing is reported as deleted until an answer shows the records again, or you say that it is right: ${approve}`;
    // In this order, so that the source does not recover in between.
    return chain(suspect(message, { seen: doubt, ...held, approve })(reported), (now) =>
      close(now, ['failing'], subject, at),
    );
  }
  return chain(close(reported, ['failing', 'stale', 'suspect'], subject, at), (now) => {
    const alerts = report.baseline === 'rebaselined' ? [rebaselined(report, subject)] : [];
    return chain({ reported: now, alerts }, (then) => afterEnding(then, report));
  });
}

/** A source that may have finished, as its last poll or the stored state has it. */
export type Ended = Pick<PollReport, 'source' | 'at' | 'records' | 'finished'>;

/** The alert that a source has finished, if it has and that was not reported yet. */
export function afterEnding(reported: Reported, { source, at, records, finished }: Ended): Step {
  if (finished === null || reported.last.finished === finished) return quiet(reported);
  const message = '`until` is true: what changed last is reported, and no more polls are due';
  const subject: Subject = { kind: 'source', name: source };
  return {
    reported: { ...reported, last: { ...reported.last, finished } },
    alerts: [{ type: 'pollhook.source.finished', subject, at, message, details: { records } }],
  };
}

function rebaselined({ at, records }: PollReport, subject: Subject): Alert {
  const message = `what is compared has changed: new baseline of ${counted(records ?? 0, 'record')}, no events`;
  return { type: 'pollhook.source.rebaselined', subject, at, message, details: { records } };
}

/** @param since when the last successful poll began; null if there was none */
export function afterSilence(reported: Reported, name: string, since: number | null, now: number): Step {
  const message =
    since === null ? 'no successful poll yet' : `no successful poll for ${formatWait(now - since)}`;
  const details = { last_success: since === null ? null : isoTime(since) };
  return open(reported, 'stale', { subject: { kind: 'source', name }, at: now, message, details });
}
