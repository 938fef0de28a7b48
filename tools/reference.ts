import { auth } from '../src/config/auth.ts';
import { budget } from '../src/config/budget.ts';
import { alternatives, defaultOf, type Schema, shapeOf, wanted } from '../src/config/describe.ts';
import { document } from '../src/config/document.ts';
import { paginate } from '../src/config/paginate.ts';
import { source } from '../src/config/source.ts';
import { treeOf } from '../src/config/tree.ts';
import { webhook } from '../src/config/webhook.ts';

const INTRODUCTION = `# Configuration

<!-- Written by tools/generate.ts from the description of the options in src/config: change that, not this page. -->

One YAML 1.2 file with one document; anchors, aliases and merge keys (\`<<\`) are allowed. \`pollhook check\` reports every
mistake with its line, its column and what to write instead; \`pollhook check --print\` shows the effective
configuration, without secrets.

- \`\${NAME}\`, \`\${NAME:-default}\` and \`\${file:/run/secrets/x}\` are replaced inside values (never inside keys), after
  the YAML is read. As in a shell, the default also stands in for an empty variable. A relative path of a file starts at
  the folder of the configuration; a trailing line break is dropped. \`$\${\` writes a literal \`\${\`. Inside \`[ ]\` and
  \`{ }\` such a value needs quotes.
- Values from variables and files, and all options marked *secret*, are never shown.
- Durations are written \`500ms 30s 5m 1h30m 7d\`, sizes \`512kB 10MB 1GiB\`, ratios \`10%\`,
  rates \`60/1m 5000/1d\`.
- Names of sources, webhooks, budgets and credentials have 1 to 64 letters, digits, \`_\` or \`-\`. A source's name is its identity:
  its state is kept under it.
- \`defaults.source\` and \`defaults.webhook\` are merged under every source and webhook: maps merge, lists and scalars
  replace. A source that has \`cron\` drops the default \`every\`, and the other way round; credentials of another \`type\`
  replace the default ones whole.
`;

/** The reference page of all options, as Markdown. */
export function reference(): string {
  return [
    INTRODUCTION,
    section('Top level', document, new Set(['auth', 'budgets', 'defaults', 'sources', 'webhooks'])),
    section('`sources.NAME`', source),
    section('`webhooks.NAME`', webhook),
    section('`budgets.NAME`', budget),
    ...kinds('`paginate` of a source', 'How the next page is found, by `type`:', paginate),
    ...kinds(
      '`auth.NAME`, or `auth` of a source',
      'Credentials for the polled system. Kinds, by `type`:',
      auth,
    ),
  ].join('\n');
}

function section(title: string, schema: Schema, flat: ReadonlySet<string> = new Set()): string {
  return table(`## ${title}`, [...rows(schema, '', flat)]);
}

/** A map whose `type` decides what else it has. */
function* kinds(
  title: string,
  introduction: string,
  { options }: typeof auth | typeof paginate,
): Iterable<string> {
  yield `## ${title}\n\n${introduction}\n`;
  for (const option of options) {
    const { type } = option.shape;
    yield table(`### \`type: ${type.value}\`\n\n${type.meta()?.description ?? ''}`, [
      ...rows(option, '', new Set()),
    ]);
  }
}

function* rows(schema: Schema, prefix: string, flat: ReadonlySet<string>): Iterable<string[]> {
  const shape = shapeOf(alternatives(schema), undefined) ?? {};
  for (const [key, option] of Object.entries(shape)) {
    const kinds = alternatives(option);
    const objects = kinds.filter((kind) => kind._zod.def.type === 'object');
    yield [
      `\`${prefix}${key}\``,
      kindOf(option),
      defaultText(option, objects.length > 0),
      description(option),
    ];
    if (objects.length === 1 && !flat.has(key) && objects[0])
      yield* rows(objects[0], `${prefix}${key}.`, flat);
  }
}

function kindOf(option: Schema): string {
  const kinds = alternatives(option);
  const text = wanted(kinds);
  const isSecret = JSON.stringify(kinds.map((kind) => meta(kind))).includes('"secret":true');
  return isSecret ? `${text}, *secret*` : text;
}

function defaultText(option: Schema, isMap: boolean): string {
  const value = defaultOf(option);
  if (value === undefined) return (option as typeof source).safeParse(undefined).success ? '' : 'required';
  if (isMap && treeOf(value).kind === 'map') return '';
  return `\`${typeof value === 'string' ? value : JSON.stringify(value).replaceAll('"', '').replaceAll(',', ', ')}\``;
}

function description(option: Schema): string {
  return meta(option).description ?? '';
}

function meta(schema: Schema): { readonly description?: string | undefined } {
  return (schema as typeof source).meta() ?? {};
}

function table(heading: string, lines: readonly string[][]): string {
  const body = lines.map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`);
  return `${heading}\n\n| key | value | default | meaning |\n| --- | --- | --- | --- |\n${body.join('\n')}\n`;
}
