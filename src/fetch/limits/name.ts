/** The meaning of a rate-limit header, going by its name. */
export interface Field {
  /**
   * `list` holds several of the others in one value; `text` names or explains a limit; `other` is not counted in
   * requests.
   */
  readonly role:
    | 'limit'
    | 'remaining'
    | 'used'
    | 'reset'
    | 'window'
    | 'pause'
    | 'floor'
    | 'list'
    | 'reason'
    | 'text'
    | 'other';
  /** Which of the server's limits: the parts of the name before and after `ratelimit`. */
  readonly family: string;
  readonly part: string;
  /** Milliseconds that the name says the limit is for: `daily`. */
  readonly window: number | null;
  /** What the name says about the unit of a time. */
  readonly unit: 'ms' | 's' | null;
  /** Whether a time counts from now, whatever it looks like. */
  readonly fromNow: boolean;
}

type Role = Field['role'];

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MONTH = 30 * DAY;

/** Words that decide the role of a header. */
const ROLES = meanings<Role>([
  ['remaining', 'remaining left available remain'],
  ['used', 'used usage count observed consumed'],
  ['reset', 'reset resets resettime renew renews expires'],
  ['window', 'interval window period'],
  ['limit', 'limit max maximum total quota allowed'],
  ['list', 'policy policies info'],
  ['reason', 'reason problem exceeded'],
  ['text', 'resource name bucket category scope type rule global nearlimit fillrate'],
  ['other', 'token tokens complexity points point cost bytes bandwidth credits'],
  ['other', 'concurrent concurrency concurrentlimit concurrentremaining'],
]);

const WINDOWS = meanings([
  [SECOND, 'second secondly'],
  [MINUTE, 'minute minutely min'],
  [HOUR, 'hour hourly'],
  [DAY, 'day daily today'],
  [MONTH, 'month monthly'],
]);

const UNITS = meanings<'ms' | 's'>([
  ['ms', 'ms millis milliseconds'],
  ['s', 's sec secs seconds'],
]);

/** Words without a meaning of their own. */
const NOISE = new Set([
  'x',
  'beta',
  'time',
  'at',
  'date',
  'utc',
  'epoch',
  'timestamp',
  'this',
  'per',
  'current',
]);

/** Compounds, and the words that they consist of. */
const COMPOUNDS: readonly [compound: RegExp, apart: string][] = [
  [/rate-?_?limit(?:s|ed|ing)?\b/, 'ratelimit'],
  [/(daily|hourly|minute|day|hour|min)limit/, '$1-limit'],
  [/(read|app|write)(min|day|ratelimit)/, '$1-$2'],
];

/** Well-known headers whose names do not state the window of their limit. */
const KNOWN: readonly (readonly [name: string, field: Field])[] = [
  // A leaky bucket that regains a twentieth of its size per second.
  ['x-shopify-shop-api-call-limit', wellKnown('shopify', 20 * SECOND)],
  ['sforce-limit-info', wellKnown('sforce', DAY)],
];

/** Names that may be about rate limits. */
const WORTH_A_LOOK = /limit|quota|throttl|retry-after|remaining|requests-left|poll/;

/** The interval that GitHub, and others like it, ask pollers to keep. */
const FLOOR = /^(?:x-)?poll(?:ing)?-interval(?:-(?:s|seconds|ms|milliseconds))?$/;

/** A server sends the same few names for ever; one that invents names gets a new list now and then. */
let fields = new Map<string, Field | null>(KNOWN);
const MOST_FIELDS = 1000;
const LONGEST_NAME = 100;

/**
 * Reads the name of a header, in lower case; null if it has nothing to do with rate limits. Names are put together from
 * a dozen words by everybody: `x-ratelimit-remaining-minute`, `anthropic-ratelimit-requests-reset`,
 * `x-rate-limit-time-window-ms`.
 */
export function fieldOf(name: string): Field | null {
  const known = fields.get(name);
  if (known !== undefined) return known;
  if (name.length > LONGEST_NAME) return null;
  if (fields.size >= MOST_FIELDS) fields = new Map(KNOWN);
  const field = WORTH_A_LOOK.test(name) ? read(name) : null;
  fields.set(name, field);
  return field;
}

function read(name: string): Field | null {
  let text = name;
  for (const [compound, apart] of COMPOUNDS) text = text.replace(compound, apart);
  if (FLOOR.test(text)) return durationField('floor', text);
  if (text.includes('retry-after')) return durationField('pause', text);
  const parts = text.split(/[-_.]/);
  const at = parts.findIndex(
    (part) => part === 'ratelimit' || part === 'quota' || part.startsWith('throttl'),
  );
  const rest = at < 0 ? parts : parts.slice(at + 1);
  const roles = new Set(rest.map((part) => ROLES.get(part)).filter((role) => role !== undefined));
  const window = rest.map((part) => WINDOWS.get(part)).find((one) => one !== undefined) ?? null;
  const role = roleOf(roles, window !== null, parts[at] === 'quota');
  // Without the word, only a name like `x-remaining-today` is one.
  if (role === null || (at < 0 && (window === null || (role !== 'limit' && role !== 'remaining'))))
    return null;
  const unit = rest.map((part) => UNITS.get(part)).find((one) => one !== undefined) ?? null;
  const fromNow = rest.includes('after') || rest.includes('in');
  const family =
    at < 0
      ? ''
      : parts
          .slice(0, at)
          .filter((part) => !NOISE.has(part))
          .join('-');
  return { role, family, part: rest.filter(tells).join('-'), window, unit, fromNow };
}

/** The most specific role: `remaining-limit` is what remains, and a bare `ratelimit` states everything in its value. */
function roleOf(roles: ReadonlySet<Role>, hasWindow: boolean, isQuota: boolean): Role | null {
  for (const role of [
    'other',
    'reason',
    'reset',
    'remaining',
    'used',
    'window',
    'list',
    'limit',
    'text',
  ] as const)
    if (roles.has(role)) return role;
  return hasWindow || isQuota ? 'limit' : 'list';
}

/** Whether a part of a name belongs to the name of the limit: `tickets`, `daily`. */
function tells(part: string): boolean {
  return !ROLES.has(part) && !UNITS.has(part) && !NOISE.has(part) && part !== 'after' && part !== 'in';
}

function wellKnown(family: string, window: number): Field {
  return { role: 'list', family, part: '', window, unit: null, fromNow: false };
}

function durationField(role: 'pause' | 'floor', text: string): Field {
  const unit = /-(?:ms|milliseconds)$/.test(text) ? 'ms' : 's';
  return { role, family: '', part: '', window: null, unit, fromNow: role === 'floor' };
}

function meanings<T>(table: readonly (readonly [meaning: T, words: string])[]): ReadonlyMap<string, T> {
  return new Map(
    table.flatMap(([meaning, words]) => words.split(' ').map((word) => [word, meaning] as const)),
  );
}
