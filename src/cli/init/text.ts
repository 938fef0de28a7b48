/** Lines that are looked at. */
const MOST_LINES = 200;

/** Patterns of lines in common reports, the simplest last. The first one is the Prometheus format. */
const SHAPES: readonly string[] = [
  '^(?<name>[A-Za-z_:][\\w:]*(?:\\{.*\\})?) (?<value>-?[\\d.]\\S*|NaN|[+-]Inf)$',
  '^(?<name>[^:=\\n]{1,60}?)\\s*[:=]\\s*(?<value>.*)$',
  '^(?<name>\\S+)\\s+(?<value>\\S.*)$',
];

/** A pattern to begin with, for text that has one record in a line; null if its lines have nothing in common. */
export function patternOf(text: string): string | null {
  const lines = text.split(/\r\n?|\n/, MOST_LINES).filter((line) => /^\s*[^\s#]/.test(line));
  const matching = (shape: string) => lines.filter((line) => new RegExp(shape, 'u').test(line)).length;
  return lines.length < 2 ? null : (SHAPES.find((shape) => matching(shape) * 2 > lines.length) ?? null);
}
