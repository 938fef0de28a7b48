import { isJsonType } from '../lib/media-type.ts';
import type { Finding } from './problem.ts';
import { at } from './rules.ts';
import { type Place, step } from './tree.ts';
import type { Fields } from './validate.ts';
import type { webhook } from './webhook.ts';

type Valid = Fields<typeof webhook.shape>['valid'];

/** Mistakes in combining `batch` and `supersede` with other options of a webhook. */
export function flowProblems({ supersede, order, batch, format }: Valid, place: Place): Finding[] {
  const findings: Finding[] = [];
  if (supersede && order !== undefined && order !== 'key') {
    const message = '`supersede` keeps the newest update of each record, which needs `order: key`';
    findings.push(at(step(place, 'supersede'), message, 'remove it, or write `order: key`'));
  }
  if (batch !== undefined && format !== undefined && !fitsList(format)) {
    const message = 'a batch is a JSON array, and bodies of this `format` do not fit into one';
    findings.push(at(step(place, 'batch'), message, 'remove it, or write another `format`'));
  }
  return findings;
}

function fitsList(format: NonNullable<Valid['format']>): boolean {
  return typeof format === 'string' ? format !== 'cloudevents-binary' : isJsonType(format.content_type);
}
