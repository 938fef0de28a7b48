/** One way in that a server offers in `WWW-Authenticate` (RFC 9110, 11.6.1). */
export interface Challenge {
  /** In lower case. */
  readonly scheme: string;
  /** Names in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** A name with a value, quoted or not; the sign after a scheme's name tells the two apart. */
const PARAMETER = /\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))\s*(?:,|$)/y;
const SCHEME = /[\s,]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:\s+|\s*(?=,|$))/y;

/** Longer headers are not read. */
const LONGEST = 16_000;

/** All challenges of an answer, in their order; what cannot be read ends the reading. */
export function challenges(field: string | readonly string[] | undefined): Challenge[] {
  const lines = field === undefined ? [] : typeof field === 'string' ? [field] : field;
  return lines.flatMap((line) => [...inLine(line.slice(0, LONGEST))]);
}

function* inLine(line: string): Iterable<Challenge> {
  let at = 0;
  for (;;) {
    SCHEME.lastIndex = at;
    const scheme = SCHEME.exec(line)?.[1];
    if (scheme === undefined) return;
    const read = parametersAt(line, SCHEME.lastIndex);
    yield { scheme: scheme.toLowerCase(), parameters: read.parameters };
    at = read.end;
  }
}

/** A list of parameters alone, as `Authentication-Info` has it. */
export function parameters(field: string): ReadonlyMap<string, string> {
  return parametersAt(field.slice(0, LONGEST), 0).parameters;
}

function parametersAt(line: string, from: number): { parameters: Map<string, string>; end: number } {
  const parameters = new Map<string, string>();
  let end = from;
  for (;;) {
    PARAMETER.lastIndex = end;
    const [, name = '', quoted, bare = ''] = PARAMETER.exec(line) ?? [];
    if (name === '') return { parameters, end };
    end = PARAMETER.lastIndex;
    parameters.set(name.toLowerCase(), quoted?.replaceAll(/\\(.)/g, '$1') ?? bare);
  }
}
