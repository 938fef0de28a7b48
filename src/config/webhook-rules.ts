import { credentialHeader } from '../lib/http/auth/credentials.ts';
import type { Auth } from '../lib/http/auth/kinds.ts';
import { isLoopback } from '../lib/loopback.ts';
import { type Around, egressProblems, resolveAccess } from './access-rules.ts';
import type { WebhookConfig } from './document.ts';
import { flowProblems } from './flow-rules.ts';
import type { Finding } from './problem.ts';
import { at, firstAfterMax, headerProblems, type Resolved } from './rules.ts';
import { secretProblems, signHeaders, signProblems } from './sign-rules.ts';
import { type Place, step } from './tree.ts';
import { type Fields, fields } from './validate.ts';
import { webhook } from './webhook.ts';

type Valid = Fields<typeof webhook.shape>['valid'];

/** Validates a webhook with its defaults, and checks its options against each other. */
export function resolveWebhook(name: string, place: Place, around: Around): Resolved<WebhookConfig> {
  const { valid, complete, findings } = fields(webhook.shape, place);
  if (place.tree?.kind !== 'map') return { config: null, findings, warnings: [] };
  const keys = secretProblems(valid, place);
  const access = resolveAccess(valid, place, around);
  const warnings = [...access.warnings, ...keys.warnings];
  const all = [
    ...findings,
    ...keys.findings,
    ...signProblems(valid, place),
    ...flowProblems(valid, place),
    ...urlProblems(valid, place),
    ...access.findings,
    ...egressProblems(valid.url, access.proxies, place),
    ...headerProblems(step(place, 'headers').tree, `${place.path}.headers`),
    ...reservedHeaders(valid, access.auth, place),
    ...(valid.probe && valid.probe.first > valid.probe.max ? [firstAfterMax(step(place, 'probe'))] : []),
  ];
  if (all.length > 0 || complete === null) return { config: null, findings: all, warnings };
  const { proxy: _, ...rest } = complete;
  const { auth, tls, proxies } = access;
  const egress = complete.egress ?? null;
  return {
    config: { ...rest, name, auth, tls, proxies, egress, secret: complete.secret ?? [] },
    findings: [],
    warnings,
  };
}

function urlProblems(valid: Valid, place: Place): Finding[] {
  if (valid.url === undefined || valid.insecure_http !== false) return [];
  const { protocol, hostname } = new URL(valid.url);
  if (protocol !== 'http:' || isLoopback(hostname)) return [];
  const { tree, at, path } = step(place, 'url');
  const message = 'http:// sends events in the clear to another host';
  return [
    { at: tree?.at ?? at, path, message, hint: 'write https://, or allow it with `insecure_http: true`' },
  ];
}

/** Headers that receivers rely on, which must not be configured. */
const RESERVED = /^(?:webhook-(?:id|timestamp|signature)|pollhook-.*)$/;

function reservedHeaders(valid: Valid, auth: Auth | null, place: Place): Finding[] {
  const { tree, path } = step(place, 'headers');
  const signatures = signHeaders(valid);
  const writer = (name: string): string | undefined => {
    if (RESERVED.test(name)) return 'pollhook';
    if (name === 'traceparent' && valid.traceparent) return '`traceparent: true`';
    const sign = signatures.get(name);
    return sign === undefined ? formatOf(name, valid) : `\`sign: ${sign}\``;
  };
  const own = tree?.kind === 'map' ? [...tree.entries] : [];
  const findings = own.flatMap(([name, { at }]) => {
    const by = writer(name.toLowerCase());
    if (by === undefined) return [];
    const message = `this header is written by ${by}`;
    return [
      { at, path: `${path}.${name}`, message, hint: by === 'pollhook' ? 'choose another name' : 'remove it' },
    ];
  });
  const sent = credentialHeader(auth);
  const by = sent === null ? undefined : writer(sent);
  if (by === undefined) return findings;
  const message = `it sends the header ${sent}, which is written by ${by}`;
  return [...findings, at(step(place, 'auth'), message, 'choose another name')];
}

/** The format that sets a header: the content type, and the attributes of CloudEvents. */
function formatOf(header: string, { format }: Valid): string | undefined {
  if (header === 'content-type' && typeof format === 'object') return '`format.content_type`';
  const cloudevents = format === 'cloudevents' || format === 'cloudevents-binary';
  return cloudevents && /^(?:content-type|ce-.*)$/.test(header) ? `\`format: ${format}\`` : undefined;
}
