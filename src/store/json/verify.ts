import { resolve } from 'node:path';
import { layoutOf } from './layout.ts';
import { surveyUnlocked } from './survey.ts';

/**
 * All problems of the state in a folder, each with its file. Changes nothing and takes no lock, so that it works
 * beside a running daemon.
 */
export async function verifyJson(folder: string): Promise<{ file: string; problem: string }[]> {
  const layout = layoutOf(resolve(folder));
  const { identity, problems } = surveyUnlocked(layout);
  if (identity === null && problems.length === 0)
    return [{ file: layout.folder, problem: 'there is no state here' }];
  return problems.map(({ file, error }) => ({ file, problem: error.message.replace(`${file}: `, '') }));
}
