import type { SourceConfig } from '../config/document.ts';
import { type AnswerHeaders, header } from '../lib/http/header.ts';
import { parseHttpDate } from '../lib/http-date.ts';
import type { Validators } from '../model.ts';
import type { Request } from './request.ts';

/** Values that can be sent back as they came. Servers refuse headers that are too large. */
const SENDABLE = /^[\t\x20-\x7e\x80-\xff]{1,2000}$/;

/** Methods for which conditions lead to a 304; for others they mean something else (RFC 9110, 13.1.2). */
const CONDITIONAL_METHODS = new Set(['GET', 'HEAD']);

/** The validators that a poll may send; null if they are switched off or a full fetch is due. */
export function usable(
  validators: Validators | null,
  { conditional }: Pick<SourceConfig, 'conditional'>,
  now: number,
): Validators | null {
  if (validators === null || conditional === false) return null;
  // An age below zero means that the wall clock was set back, which says nothing about the real age.
  const age = now - validators.fetched;
  return age < 0 || age >= conditional.refresh ? null : validators;
}

/** The headers of a conditional request as a flat list: the server's own strings, byte for byte. */
export function conditions({ etag, lastModified }: Validators): readonly string[] {
  if (etag !== null) return ['if-none-match', etag];
  return lastModified === null ? [] : ['if-modified-since', lastModified];
}

/**
 * The validators of a full answer for the next request; null if it has none that can be trusted.
 *
 * @param request that was answered
 * @param now when it was made, Unix milliseconds
 */
export function validatorsOf(
  headers: AnswerHeaders,
  { method, fingerprint }: Pick<Request, 'method' | 'fingerprint'>,
  now: number,
): Validators | null {
  if (!CONDITIONAL_METHODS.has(method)) return null;
  const etag = usableTag(header(headers, 'etag'));
  const lastModified = usableDate(header(headers, 'last-modified'), header(headers, 'date'));
  if (etag === null && lastModified === null) return null;
  return { etag, lastModified, request: fingerprint, fetched: now };
}

/** The tag, if it can be used. `*` is not a tag: as a condition it would always match. */
function usableTag(tag: string | null): string | null {
  return tag !== null && tag.trim() !== '*' && SENDABLE.test(tag) ? tag : null;
}

/**
 * A date is as coarse as a second: what was modified in the second in which it was read may have been modified once
 * more in that second, and would be called unchanged for ever (RFC 9110, 8.8.2.2).
 */
function usableDate(modified: string | null, date: string | null): string | null {
  const time = modified === null ? null : parseHttpDate(modified);
  if (time === null) return null;
  const answered = date === null ? null : parseHttpDate(date);
  return answered !== null && answered - time < 1000 ? null : modified;
}
