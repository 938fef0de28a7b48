import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Suite {
  readonly files: readonly string[];
  /** Only tests with such a name. */
  readonly pattern?: string;
  readonly env?: { readonly [name: string]: string };
  readonly cutsPower?: true;
}

/** The parts of the suites that have to notice something. */
const suites = {
  'power cuts, JSON files': {
    files: ['test/crash/power.crash.ts'],
    pattern: 'JSON files',
    env: { POLLHOOK_POWER_CUTS: '16' },
    cutsPower: true,
  },
  'power cuts, SQLite': {
    files: ['test/crash/power.crash.ts'],
    pattern: 'SQLite',
    env: { POLLHOOK_POWER_CUTS: '16' },
    cutsPower: true,
  },
  'kills at every step, JSON files': { files: ['test/crash/steps.crash.ts'], pattern: 'JSON files, before' },
  'kills at every step, SQLite': { files: ['test/crash/steps.crash.ts'], pattern: 'SQLite, at each fsync' },
  'damaged files, JSON files': { files: ['test/crash/starts.crash.ts'], pattern: 'damaged state.* JSON' },
  'damaged files, SQLite': { files: ['test/crash/starts.crash.ts'], pattern: 'damaged state.* SQLite' },
  'kills of the process, JSON files': { files: ['test/e2e/kill.test.ts'], pattern: 'JSON files' },
} as const satisfies { readonly [name: string]: Suite };

export type SuiteName = keyof typeof suites;

export const SUITES: Readonly<Record<SuiteName, Suite>> = suites;

interface Edit {
  readonly file: string;
  /** Exactly once in the file. */
  readonly find: string;
  readonly replace: string;
}

export interface Mutant {
  readonly bug: string;
  readonly edits: readonly Edit[];
  readonly suite: SuiteName;
}

export const MUTANTS: readonly Mutant[] = [
  {
    bug: 'no fsync of documents',
    suite: 'power cuts, JSON files',
    edits: [{ file: 'src/store/json/adapter.ts', find: '    await disk.fsync(handle);\n', replace: '' }],
  },
  {
    bug: 'no fsync of the journal',
    suite: 'power cuts, JSON files',
    edits: [{ file: 'src/store/json/journal.ts', find: '    await disk.fdatasync(handle);\n', replace: '' }],
  },
  {
    bug: 'no fsync of commits in SQLite',
    suite: 'power cuts, SQLite',
    edits: [
      {
        file: 'src/store/sqlite/file.ts',
        find: 'PRAGMA synchronous = FULL;',
        replace: 'PRAGMA synchronous = NORMAL;',
      },
    ],
  },
  {
    bug: 'no fsync of the directory',
    suite: 'power cuts, JSON files',
    edits: [
      {
        file: 'src/store/json/adapter.ts',
        find: '    await disk.rename(temporary, file);\n    await disk.fsyncFolder(dirname(file));\n',
        replace: '    await disk.rename(temporary, file);\n',
      },
    ],
  },
  {
    bug: 'send before commit',
    suite: 'kills of the process, JSON files',
    edits: [
      {
        file: 'src/store/json/sources.ts',
        find: `      await batch.write();
      await rewrite(source, (document) => withCommit(document, commit));
`,
        replace: `      await batch.write();
      setTimeout(() => void rewrite(source, (document) => withCommit(document, commit)), 80);
`,
      },
    ],
  },
  {
    bug: 'snapshot and events in two commits, JSON files',
    suite: 'kills at every step, JSON files',
    edits: [
      {
        file: 'src/store/json/sources.ts',
        find: `      await batch.write();
      await rewrite(source, (document) => withCommit(document, commit));
`,
        replace: `      await rewrite(source, (document) => withCommit(document, commit));
      await batch.write();
`,
      },
    ],
  },
  {
    bug: 'snapshot and events in two commits, SQLite',
    suite: 'kills at every step, SQLite',
    edits: [
      {
        file: 'src/store/sqlite/open.ts',
        find: '        result = await writeCommit(commit);\n',
        replace: `        result = await writeCommit({ ...commit, events: [], deliveries: [] });
        if (result === 'committed') {
          await access.write(() => {
            const row = snapshots.source(commit.source);
            const count = database.prepare('UPDATE sources SET sequence = sequence + ? WHERE id = ?');
            count.run(commit.events.length, row.id);
            for (const _ of outbox.add(row, commit, clock.now()));
          });
        }
`,
      },
    ],
  },
  {
    bug: 'empty start on a parse error, JSON files',
    suite: 'damaged files, JSON files',
    edits: [
      {
        file: 'src/store/json/adapter.ts',
        find: '  return bytes && codec.decode(openDocument(codec.kind, file, bytes), file);\n',
        replace: `  try {
    return bytes && codec.decode(openDocument(codec.kind, file, bytes), file);
  } catch {
    return null;
  }
`,
      },
    ],
  },
  {
    bug: 'empty start on an empty file, SQLite',
    suite: 'damaged files, SQLite',
    edits: [
      {
        file: 'src/store/sqlite/file.ts',
        find: '  if ((await sizeOf(file)) === null) await create(file, created);\n',
        replace: `  if (!(await sizeOf(file))) {
    await rm(\`\${file}-wal\`, { force: true });
    await create(file, created);
  }
`,
      },
    ],
  },
  {
    bug: 'reused timestamp',
    suite: 'kills of the process, JSON files',
    edits: [
      {
        file: 'src/deliver/request.ts',
        find: '    const timestamp = Math.floor(at / 1000);\n',
        replace: '    const timestamp = Math.floor((first.event.timestamp || at) / 1000);\n',
      },
    ],
  },
  {
    bug: 'followed redirect',
    suite: 'kills of the process, JSON files',
    edits: [
      {
        file: 'src/live/connections.ts',
        find: "import type { Dispatcher } from 'undici';\n",
        replace: "import { type Dispatcher, interceptors } from 'undici';\n",
      },
      {
        file: 'src/live/connections.ts',
        find: 'sent.dispatcher(routeOf(webhook))',
        replace: 'sent.dispatcher(routeOf(webhook)).compose(interceptors.redirect({ maxRedirections: 3 }))',
      },
    ],
  },
];

/** What cannot be planted in the repository at `root`, because its text is not there exactly once; in words. */
export function misplaced(root: string): string[] {
  return MUTANTS.flatMap(({ bug, edits }) =>
    edits.flatMap(({ file, find }) => {
      const places = readFileSync(join(root, file), 'utf8').split(find).length - 1;
      return places === 1 ? [] : [`${bug}: ${file} has ${places} places like this one:\n${find}`];
    }),
  );
}
