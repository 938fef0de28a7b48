import { execFile } from 'node:child_process';
import { cp, mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** One instruction of a Dockerfile, continued lines joined. */
interface Instruction {
  readonly name: string;
  readonly rest: string;
}

/** A stage as it was left by its instructions. */
export interface Stage {
  /** Stands for the root of the stage's file system. */
  readonly root: string;
  readonly env: { readonly [name: string]: string };
  readonly workdir: string;
  readonly user: number | null;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly healthcheck: readonly string[];
}

export function parseDockerfile(text: string): Instruction[] {
  const lines = text
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n/g, ' ')
    .split('\n');
  return lines
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, name = '', rest = ''] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
      return { name, rest };
    });
}

/**
 * Performs a Dockerfile's own steps in empty folders, without an engine: COPY and RUN as they stand, with absolute
 * paths taken under the folder of their stage. Throws at an instruction that it does not know.
 *
 * @param context the folder that is built, of which only what `.dockerignore` lets through is copied
 */
export async function perform(
  instructions: readonly Instruction[],
  context: string,
  folder: string,
): Promise<Stage> {
  const stages = new Map<string, Stage>();
  let stage: Stage | null = null;
  for (const { name, rest } of instructions) {
    if (name === 'FROM') {
      const alias = / AS (\w+)$/i.exec(rest)?.[1] ?? String(stages.size);
      const root = join(folder, alias);
      await mkdir(root, { recursive: true });
      stage = { root, env: {}, workdir: '/', user: null, entrypoint: [], cmd: [], healthcheck: [] };
      stages.set(alias, stage);
      continue;
    }
    if (!stage) throw new Error(`${name} before FROM`);
    const next: Stage = await step(stage, { name, rest }, context, stages);
    for (const [alias, known] of stages) if (known === stage) stages.set(alias, next);
    stage = next;
  }
  if (!stage) throw new Error('a Dockerfile without FROM');
  return stage;
}

async function step(
  stage: Stage,
  { name, rest }: Instruction,
  context: string,
  stages: Map<string, Stage>,
): Promise<Stage> {
  switch (name) {
    case 'WORKDIR':
      await mkdir(join(stage.root, rest), { recursive: true });
      return { ...stage, workdir: rest };
    case 'COPY':
      await copy(stage, rest, context, stages);
      return stage;
    case 'RUN': {
      // Paths of the image that a command names are those of the stage's folder.
      const command = rest.replaceAll(/(?<= )\/(?=data|etc|usr|app)/g, `${stage.root}/`);
      await run('sh', ['-c', command], { cwd: join(stage.root, stage.workdir), maxBuffer: 10_000_000 });
      return stage;
    }
    case 'ENV': {
      const pairs = [...rest.matchAll(/(\w+)=(\S+)/g)].map(([, key = '', value = '']) => [key, value]);
      return { ...stage, env: { ...stage.env, ...Object.fromEntries(pairs) } };
    }
    case 'USER':
      return { ...stage, user: Number.parseInt(rest, 10) };
    case 'ENTRYPOINT':
      return { ...stage, entrypoint: JSON.parse(rest) };
    case 'CMD':
      return { ...stage, cmd: JSON.parse(rest) };
    case 'HEALTHCHECK':
      return { ...stage, healthcheck: JSON.parse(rest.slice(rest.indexOf('[')).trim()) };
    case 'EXPOSE':
    case 'VOLUME':
      return stage;
    default:
      throw new Error(`this test does not know ${name}`);
  }
}

async function copy(stage: Stage, rest: string, context: string, stages: Map<string, Stage>): Promise<void> {
  const words = rest.split(/\s+/);
  const alias = /^--from=(\w+)$/.exec(words[0] ?? '')?.[1];
  const from = alias === undefined ? context : stages.get(alias)?.root;
  if (from === undefined) throw new Error(`COPY from unknown stage ${alias}`);
  const paths = alias === undefined ? words : words.slice(1);
  const target = paths.at(-1) as string;
  for (const path of paths.slice(0, -1)) {
    const into = join(stage.root, resolve(stage.workdir, target));
    const isFolder = target.endsWith('/');
    const destination = isFolder ? join(into, path.split('/').at(-1) as string) : into;
    await mkdir(dirname(destination), { recursive: true });
    await cp(join(from, path), destination, { recursive: true, verbatimSymlinks: true });
  }
}
