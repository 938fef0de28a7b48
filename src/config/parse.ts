import { LineCounter, type Node, parseDocument, type YAMLError } from 'yaml';
import { buildTree } from './build-tree.ts';
import type { Lookup } from './interpolate.ts';
import type { Finding } from './problem.ts';
import { BARE_VARIABLE, SYNTAX } from './syntax.ts';
import type { Tree } from './tree.ts';

export interface Parsed {
  /** Null when the text cannot be read as YAML, or is empty. */
  readonly tree: Tree | null;
  readonly findings: readonly Finding[];
  place(offset: number): { line: number; column: number };
}

/** Parses one YAML 1.2 document and replaces `${…}` in its texts. Never throws, whatever the text. */
export function parse(text: string, lookup: Lookup): Parsed {
  const lines = new LineCounter();
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  // Duplicate keys are found in build-tree.ts: the parser's own check is quadratic, which takes hours for 100 000 keys.
  const options = {
    version: '1.2',
    uniqueKeys: false,
    resolveKnownTags: false,
    prettyErrors: false,
  } as const;
  const document = parseDocument(text, { ...options, lineCounter: lines });
  const findings = [...essential(document.errors), ...document.warnings].map(({ code, pos }): Finding => {
    const [message, hint] = isBareVariable(text, pos[0]) ? BARE_VARIABLE : SYNTAX[code];
    return { at: pos[0], path: '', message, hint };
  });
  const { explicit, version } = document.directives.yaml;
  if (explicit && version !== '1.2') {
    findings.push({
      at: 0,
      path: '',
      message: `this is YAML ${version}`,
      hint: 'remove the line %YAML: it is read as YAML 1.2',
    });
  }
  if (document.errors.length > 0 || document.contents === null) return { tree: null, findings, place };
  const built = buildTree(document.contents as Node, lookup);
  return { tree: built.tree, findings: [...findings, ...built.findings], place };
}

/** Keeps the first of consequential errors: after one mistake in the structure the parser reports many. */
function essential(errors: readonly YAMLError[]): YAMLError[] {
  const first = errors.find(({ code }) => code === 'UNEXPECTED_TOKEN');
  return errors.filter((error) => error === first || error.code !== 'UNEXPECTED_TOKEN');
}

function isBareVariable(text: string, at: number): boolean {
  return text.startsWith('${', at) || text.startsWith('${', at - 1);
}
