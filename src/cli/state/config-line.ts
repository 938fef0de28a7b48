import { readFileSync } from 'node:fs';
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';

/** The line on which a valid configuration has `state`, from 1; null if it has none. */
export function lineOfState(file: string): number | null {
  const lines = new LineCounter();
  const { contents } = parseDocument(readFileSync(file, 'utf8'), { lineCounter: lines, logLevel: 'silent' });
  if (!isMap(contents)) return null;
  for (const { key } of contents.items) {
    if (isScalar(key) && key.value === 'state' && key.range) return lines.linePos(key.range[0]).line;
  }
  return null;
}
