/** One mistake (or warning): where it is written, in which option, what is wrong, and what to write instead. */
export interface Problem {
  readonly file: string;
  /** From 1; null when the mistake is not in the text: the file itself, or the environment. */
  readonly line: number | null;
  readonly column: number | null;
  /** The option, like `sources.tickets.every`; empty for the whole file. */
  readonly path: string;
  readonly message: string;
  readonly hint: string;
}

/** A mistake with its offset in the text. */
export interface Finding {
  /** Offset in the text; null when it is not in the text. */
  readonly at: number | null;
  readonly path: string;
  readonly message: string;
  readonly hint: string;
}

/** Mistakes that are listed at most: a file with more is something else altogether. */
const MOST = 1000;

/** Sorts mistakes by position and removes duplicates: inherited and aliased values are checked at every use. */
export function ordered(findings: readonly Finding[]): Finding[] {
  const seen = new Set<string>();
  const once = findings.filter(({ at, path, message }) => {
    const option = path.slice(path.lastIndexOf('.') + 1);
    const key = `${at ?? path} ${option} ${message}`;
    return !seen.has(key) && seen.add(key);
  });
  return once.sort((a, b) => (a.at ?? -1) - (b.at ?? -1)).slice(0, MOST);
}

/** `file:line:column  path: what is wrong`, and on the next line what to write instead. */
export function formatProblem({ file, line, column, path, message, hint }: Problem): string {
  const place = line === null ? file : `${file}:${line}:${column}`;
  const option = path === '' ? '' : `${path}: `;
  return `${place}  ${option}${message}\n    ${hint}\n`;
}

/** The same on one line, for a log. */
export function formatLine(problem: Problem): string {
  return formatProblem(problem).trim().replace(/\n\s*/, ': ');
}
