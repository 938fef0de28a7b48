import { stringify } from 'yaml';
import { printable } from '../printable.ts';
import type { Subject } from './subject.ts';

/** One option of the source, with the reason for it. */
export interface Option {
  readonly name: string;
  readonly value: unknown;
  readonly why?: string;
}

/** A whole configuration file with one source, and a webhook to try it with. */
export function fileOf(subject: Subject, options: readonly Option[], remarks: readonly string[]): string {
  const lines = ['sources:', `  ${scalar(subject.name)}:`];
  for (const remark of remarks) lines.push(`    # ${line(remark)}`);
  for (const { name, value, why } of options) {
    if (why) lines.push(`    # ${line(why)}`);
    const text = stringify({ [name]: value }, { lineWidth: 0, indent: 2, aliasDuplicateObjects: false });
    lines.push(
      ...text
        .trimEnd()
        .split('\n')
        .map((one) => `    ${one}`),
    );
  }
  return `${lines.join('\n')}

webhooks:
  receiver:
    # \`pollhook listen\` shows what arrives here
    url: http://127.0.0.1:9000/
    secret: \${POLLHOOK_SECRET}
`;
}

/** Text from a server, escaped so that nothing in it is taken for a variable. */
export function literal(text: string): string {
  return text.replaceAll('${', '$$${');
}

function scalar(text: string): string {
  return stringify(text).trimEnd();
}

function line(text: string): string {
  return printable(text).slice(0, 300);
}
