/** Whether bodies of this type are JSON: `application/json`, `application/vnd.example+json; charset=utf-8`. */
export function isJsonType(contentType: string): boolean {
  return /^[\w.+-]+\/(?:[\w.-]+\+)?json *(?:;|$)/i.test(contentType);
}
