import { resolve } from 'node:path';
import type { SourceConfig } from '../../config/document.ts';
import { lookupIn } from '../../config/interpolate.ts';
import type { Environment } from '../../config/location.ts';
import { parse } from '../../config/parse.ts';
import { resolveDocument } from '../../config/resolve.ts';
import { PollhookError } from '../../errors.ts';

/** The only source of a configuration that is not (yet) in a file, ready to be polled. */
export function sourceIn(
  text: string,
  env: Environment,
  variables: ReadonlyMap<string, string>,
): SourceConfig {
  const known = {
    POLLHOOK_SECRET: 'only to read the file with it',
    ...env,
    ...Object.fromEntries(variables),
  };
  const { tree, findings } = parse(
    text,
    lookupIn(
      known,
      (path) => resolve(path),
      () => {},
    ),
  );
  const file = resolve('config.yaml');
  const resolved =
    tree && resolveDocument(tree, { file, base: resolve('.'), locate: (path) => path, env: known });
  const [finding] = [...findings, ...(resolved?.findings ?? [])];
  const [source] = resolved?.config?.sources.values() ?? [];
  if (finding || !source) {
    const { path, message, hint } = finding ?? { path: '', message: 'there is no source', hint: '' };
    throw new PollhookError('USAGE', `${path}: ${message}; ${hint}`);
  }
  return source;
}
