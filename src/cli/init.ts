import { CODES, type Failure } from '../errors.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { Redactor } from '../lib/redact.ts';
import { counted } from '../lib/units.ts';
import { type Asked, ask, askOnce, wantedAuth } from './init/ask.ts';
import { sourceIn } from './init/config.ts';
import { intervalOf, pollingRemarks } from './init/polling.ts';
import { propose } from './init/propose.ts';
import type { GetPage } from './init/second-page.ts';
import { type Subject, subjectOf } from './init/subject.ts';
import { fileOf, type Option } from './init/write.ts';
import type { Io } from './io.ts';
import { printable } from './printable.ts';
import { stopSignal } from './stop-signal.ts';

export interface InitOptions {
  /** `Name: value`. */
  readonly header?: readonly string[];
  readonly polls?: number;
  /** Milliseconds between polls. */
  readonly wait?: number;
}

const POLLS = 3;
const WAIT = 2_000;

/**
 * The command `init`: asks a URL a few times and prints a configuration that reads it, with the reasons. Gives the
 * exit code: 0, or 1 if there is nothing to propose.
 */
export async function init(
  url: string,
  options: InitOptions,
  io: Io,
  clock: Clock = systemClock,
): Promise<0 | 1> {
  const subject = subjectOf(url, options.header ?? []);
  const secrets = [...subject.variables.values()];
  const redactor = new Redactor(secrets);
  const tell = (line: string) => io.err(`${printable(redactor.redact(line))}\n`);
  io.hide?.(secrets);
  const base = baseOf(subject);
  const configure = (more: readonly Option[], of = base) =>
    sourceIn(fileOf(subject, [...of, ...more], []), io.env, subject.variables);

  const polls = options.polls ?? POLLS;
  const stop = new AbortController();
  void stopSignal().then(() => stop.abort());
  const plan = { polls, wait: options.wait ?? WAIT, clock, signal: stop.signal };
  const unlessStopped = <T>(work: Promise<T>) =>
    work.catch((error: unknown) => {
      if (stop.signal.aborted) return null;
      throw error;
    });
  const asked = await unlessStopped(ask(configure([]), plan));
  if (!asked) return 1;
  const [first, ...others] = asked.answers;
  if (!first) return refuse(asked, tell);
  if (asked.failure) tell(`only ${counted(asked.answers.length, 'answer')}: ${asked.failure.message}`);

  const getPage: GetPage = (page) => askOnce(page, asked.answers.at(-1) ?? first, plan);
  const proposal = await unlessStopped(propose(subject.url, [first, ...others], configure, getPage));
  if (!proposal) return 1;
  if (proposal.kind === 'nothing') {
    explain(proposal.failure, tell);
    if (proposal.pattern !== null) {
      tell('  each line could be read with a pattern of your own; to begin with:');
      tell(`    text: { pattern: '${proposal.pattern}' }`);
      tell('    key: name');
    }
    return 1;
  }
  const remarks = [...movedTo(subject, first.url), ...proposal.remarks, ...pollingRemarks(asked)];
  const file = fileOf(
    subject,
    [...baseOf({ ...subject, url: proposal.url }), intervalOf(asked), ...proposal.options],
    remarks.map((remark) => redactor.redact(remark)),
  );
  // The proposal is validated like a configuration file before it is printed.
  sourceIn(file, io.env, subject.variables);
  io.out(file);
  tell(
    `looked at ${counted(asked.answers.length, 'answer')}; write this to config.yaml, then: pollhook check`,
  );
  for (const name of ['POLLHOOK_SECRET', ...subject.variables.keys()])
    if (io.env[name] === undefined) tell(`  the variable ${name} has to be set`);
  return 0;
}

function baseOf({ url, headers, auth }: Subject): Option[] {
  return [
    { name: 'url', value: url },
    ...(Object.keys(headers).length > 0 ? [{ name: 'headers', value: headers }] : []),
    ...(auth ? [{ name: 'auth', value: auth }] : []),
  ];
}

/** Where the URL redirects to, without the query string, which often holds keys. */
function movedTo(subject: Subject, to: string): string[] {
  const placeOf = ({ origin, pathname }: URL) => origin + pathname;
  const [from, there] = [placeOf(new URL(subject.url)), placeOf(new URL(to))];
  return from === there ? [] : [`redirected to ${there}: as \`url\` that saves a request at every poll`];
}

function explain({ code, message }: Failure, tell: (line: string) => void): void {
  tell(`pollhook: ${message}`);
  tell(`  ${CODES[code][1]} (${code})`);
}

function refuse({ failure, headers }: Asked, tell: (line: string) => void): 1 {
  if (failure) explain(failure, tell);
  const auth = failure?.code === 'FETCH_CREDENTIALS' ? wantedAuth(headers) : null;
  if (auth) {
    tell(
      `  it asks for ${auth.scheme}: ${auth.type ? `see \`auth: { type: ${auth.type} }\`` : 'see `auth` for what pollhook knows'}`,
    );
    if (auth.type === 'basic')
      tell('  to look again: pollhook init https://USER:PASSWORD@… (they are not repeated)');
    if (auth.type === 'bearer')
      tell("  to look again: pollhook init … --header 'Authorization: Bearer TOKEN'");
  }
  return 1;
}
