import { resolve } from 'node:path';
import { layoutOf } from './layout.ts';
import { surveyUnlocked } from './survey.ts';

/**
 * Everything that is wrong with the state in a folder: each problem with its file, an empty list if all is as it was
 * written. Changes nothing and takes no lock, so that it can look at the state of a running daemon, too.
 */
export async function verifyJson(folder: string): Promise<{ file: string; problem: string }[]> {
  const layout = layoutOf(resolve(folder));
  const { identity, problems } = surveyUnlocked(layout);
  if (identity === null && problems.length === 0)
    return [{ file: layout.folder, problem: 'there is no state here' }];
  return problems.map(({ file, error }) => ({ file, problem: error.message.replace(`${file}: `, '') }));
}
