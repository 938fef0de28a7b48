/** Binary files by their first bytes: typical results of a wrong link or an export button. */
const BEGINNINGS: readonly [bytes: string, name: string][] = [
  ['PK\u0003\u0004', 'a ZIP archive (workbooks of Excel are such)'],
  ['\u00d0\u00cf\u0011\u00e0', 'an old Excel or Word file'],
  ['%PDF-', 'a PDF file'],
  ['\u001f\u008b', 'a gzip file'],
  ['\u0089PNG', 'an image'],
  ['\u00ff\u00d8\u00ff', 'an image'],
];

/** The kind of a binary body; null if it may be text. */
export function binaryKind(body: Buffer): string | null {
  const start = body.toString('latin1', 0, 8);
  return BEGINNINGS.find(([bytes]) => start.startsWith(bytes))?.[1] ?? null;
}
