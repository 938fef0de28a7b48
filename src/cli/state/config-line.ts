import { readFileSync } from 'node:fs';
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';

/** The line of a valid configuration on which `state` is written, from 1; null if it is not. */
export function lineOfState(file: string): number | null {
  const lines = new LineCounter();
  const { contents } = parseDocument(readFileSync(file, 'utf8'), { lineCounter: lines, logLevel: 'silent' });
  if (!isMap(contents)) return null;
  for (const { key } of contents.items) {
    if (isScalar(key) && key.value === 'state' && key.range) return lines.linePos(key.range[0]).line;
  }
  return null;
}
