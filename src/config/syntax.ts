import type { ErrorCode } from 'yaml';

/**
 * Messages and hints for all errors and warnings of the parser. Its own messages are not used, since some quote the
 * text, which may be secret.
 */
export const SYNTAX: Readonly<Record<ErrorCode, readonly [message: string, hint: string]>> = {
  ALIAS_PROPS: ['an alias cannot have an anchor or a tag', 'write *name alone'],
  BAD_ALIAS: ['this alias is not understood', 'write *name, with letters, digits, _ and -'],
  BAD_COLLECTION_TYPE: ['the tag does not fit what follows', 'remove the tag'],
  BAD_DIRECTIVE: ['this directive is not understood', 'remove the line that begins with %'],
  BAD_DQ_ESCAPE: [
    'unknown escape in a double-quoted text',
    "write \\\\ for a backslash, or use single quotes: '\\d+'",
  ],
  BAD_INDENT: [
    'the indentation is wrong here',
    'start the keys of one map in the same column; close [ and {',
  ],
  BAD_PROP_ORDER: ['anchors and tags stand before a value', 'write key: &anchor value'],
  BAD_SCALAR_START: ['a text cannot start with this sign', 'put the text in quotes'],
  BLOCK_AS_IMPLICIT_KEY: ['a second `: ` on one line', 'put the value in quotes, or start a new line'],
  BLOCK_IN_FLOW: [
    'a block cannot stand inside [ ] or { }',
    'write it with [ ] and { } as well, or all of it as a block',
  ],
  DUPLICATE_KEY: ['this key is given twice', 'keep one of them'],
  IMPOSSIBLE: ['this is not YAML', 'look at the lines above for an open quote or bracket'],
  KEY_OVER_1024_CHARS: ['a key of more than 1024 characters', 'look for a missing quote or line break'],
  MISSING_CHAR: [
    'a character is missing: a quote, bracket, comma, space or colon',
    'close what was opened; write `key: value` with a space',
  ],
  MULTILINE_IMPLICIT_KEY: [
    'a key goes over several lines, or its colon is missing',
    'write key: value on one line',
  ],
  MULTIPLE_ANCHORS: ['a value can have one anchor', 'remove the others'],
  MULTIPLE_DOCS: ['a second document begins here', 'keep one document in the file: remove the line ---'],
  MULTIPLE_TAGS: ['a value can have one tag', 'remove the others'],
  NON_STRING_KEY: ['a key must be text', 'put it in quotes'],
  RESOURCE_EXHAUSTION: ['nested too deeply', 'check the brackets'],
  TAB_AS_INDENT: ['a tab is used for indentation', 'use spaces'],
  TAG_RESOLVE_FAILED: ['unknown tag', 'remove it; a text that starts with ! goes in quotes'],
  UNEXPECTED_TOKEN: [
    'this does not belong here',
    'look for a missing quote, or for a bracket or indentation too many',
  ],
};

/** For an unquoted `${…}` in `[ ]` or `{ }`, whose brace YAML reads as a map. */
export const BARE_VARIABLE = [
  'a variable stands unquoted inside [ ] or { }',
  `put it in quotes: "\${NAME}"`,
] as const;
