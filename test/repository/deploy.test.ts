import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parse, parseAllDocuments } from 'yaml';
import { loadConfig } from '../../src/config/load.ts';
import { createMetrics } from '../../src/server/metrics.ts';

const EXAMPLES = join(import.meta.dirname, '../../examples');
const read = (file: string) => readFileSync(join(EXAMPLES, file), 'utf8');

/** Each metric with its labels, as a scrape shows them once everything has happened. */
async function scrape(): Promise<Map<string, Set<string>>> {
  const backlog = async () => [{ webhook: 'w', pending: 1, held: 0, dead: 1, oldest: 0 }];
  const metrics = createMetrics({ backlog } as unknown as Parameters<typeof createMetrics>[0], Date.now);
  metrics.observePoll({
    source: 's',
    result: 'changed',
    duration: 1,
    at: 1,
    records: 1,
  });
  metrics.observeRequest('s', 200);
  const settled = [{ state: 'delivered', detectionToDelivery: 1 }];
  metrics.observeAttempt({ webhook: 'w', outcome: 'delivered', duration: 1, settled });
  metrics.observeCommit({ source: 's', events: [{ type: 't' }] }, 1);
  const text = await metrics.text(['w'], () => false, [{ budget: 'b', left: 1 }]);
  const found = new Map<string, Set<string>>();
  for (const [, name = '', labels = ''] of text.matchAll(/^(\w+)(?:\{(.*)\})? [^ ]+$/gm)) {
    const known = found.get(name) ?? new Set();
    for (const [, label = ''] of labels.matchAll(/(\w+)="/g)) known.add(label);
    found.set(name, known);
  }
  return found;
}

/** Asserts that each metric of an expression exists and has the labels that are asked of it. */
function assertMeasured(expression: string, known: ReadonlyMap<string, ReadonlySet<string>>): void {
  const names = [...expression.matchAll(/\b((?:pollhook|process)_\w+)(?:\{([^}]*)\})?/g)];
  const grouped = [...expression.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/, */));
  for (const [, name = '', matchers = ''] of names) {
    const labels = known.get(name);
    assert.ok(labels, `${expression}: there is no metric ${name}`);
    const asked = [...matchers.matchAll(/(\w+)\s*[=!]/g)].map(([, label = '']) => label);
    for (const label of [...asked, ...grouped])
      assert.ok(label === 'job' || labels.has(label), `${expression}: ${name} has no label ${label}`);
  }
}

describe('monitoring', () => {
  test('every alert is about metrics and labels that exist', async () => {
    const known = await scrape();
    const rules = parse(read('prometheus/alerts.yaml')).groups.flatMap(
      (group: { rules: unknown[] }) => group.rules,
    );
    assert.ok(rules.length > 5);
    for (const { expr, annotations } of rules) {
      assertMeasured(expr, known);
      const metric = /pollhook_\w+/.exec(expr)?.[0] ?? '';
      for (const [, label = ''] of annotations.summary.matchAll(/\$labels\.(\w+)/g))
        assert.ok(known.get(metric)?.has(label), `${metric} has no label ${label}`);
    }
  });

  test('every panel of the dashboard shows metrics that exist, and every metric of ours is shown', async () => {
    const known = await scrape();
    const { panels } = JSON.parse(read('grafana/dashboard.json'));
    const expressions: string[] = panels.flatMap((panel: { targets: { expr: string }[] }) =>
      panel.targets.map(({ expr }) => expr),
    );
    for (const expression of expressions) assertMeasured(expression, known);
    const all = expressions.join(' ');
    const families = [...known.keys()]
      .filter((name) => name.startsWith('pollhook_') && !/_(?:bucket|sum)$/.test(name))
      .map((name) => name.replace(/_count$/, ''));
    assert.ok(families.length > 10);
    for (const name of families.filter((name) => name !== 'pollhook_deliveries_total'))
      assert.ok(all.includes(name), name);
  });

  test('the page about monitoring names every metric with its labels, and no other', async () => {
    const page = readFileSync(join(EXAMPLES, '../docs/running.md'), 'utf8');
    const named = [...page.matchAll(/^\| `(pollhook_\w+)(?:\{(.*?)\})?`/gm)].map(
      ([, name, labels = '']) => `${name} ${labels.split(',').sort()}`,
    );
    const measured = [...(await scrape())]
      .filter(([name]) => name.startsWith('pollhook_') && !/_(?:bucket|sum)$/.test(name))
      .map(([name, labels]) => `${name.replace(/_count$/, '')} ${[...labels].sort()}`);
    assert.deepEqual(named.sort(), measured.sort());
  });

  test('an expression with a misspelt metric or label would be noticed', async () => {
    const known = await scrape();
    assert.throws(() => assertMeasured('pollhook_outbux > 0', known), /no metric/);
    assert.throws(() => assertMeasured('pollhook_outbox{status="dead"} > 0', known), /no label status/);
    assert.throws(() => assertMeasured('sum by (url) (pollhook_outbox)', known), /no label url/);
  });
});

describe('deployments', () => {
  test('Kubernetes: one replica, a configuration that is accepted, probes of routes that exist', (context) => {
    const documents = parseAllDocuments(read('deploy/kubernetes.yaml')).map((document) => {
      assert.deepEqual(document.errors, []);
      return document.toJS();
    });
    const [map, set] = documents;
    assert.deepEqual(
      documents.map(({ kind }) => kind),
      ['ConfigMap', 'StatefulSet', 'Service'],
    );
    const folder = mkdtempSync(join(tmpdir(), 'pollhook-deploy-'));
    context.after(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'config.yaml');
    writeFileSync(file, map.data['config.yaml']);
    const loaded = loadConfig(file, { AGENT_WEBHOOK_SECRET: `whsec_${'A'.repeat(32)}` });
    assert.deepEqual(loaded.kind === 'ok' ? loaded.warnings : loaded.problems, []);

    assert.equal(set.spec.replicas, 1);
    const [container] = set.spec.template.spec.containers;
    const dockerfile = readFileSync(join(EXAMPLES, '../Dockerfile'), 'utf8');
    const { startupProbe, readinessProbe, livenessProbe, ports, volumeMounts } = container;
    assert.deepEqual(
      [startupProbe, readinessProbe, livenessProbe].map(({ httpGet }) => httpGet.path),
      ['/healthz', '/readyz', '/healthz'],
    );
    assert.match(dockerfile, new RegExp(`POLLHOOK_LISTEN=0\\.0\\.0\\.0:${ports[0].containerPort}`));
    assert.match(dockerfile, new RegExp(`USER ${set.spec.template.spec.securityContext.runAsUser}:`));
    for (const { mountPath } of volumeMounts) assert.ok(dockerfile.includes(mountPath), mountPath);
  });

  test('systemd: the unit starts a command that exists, and every line of it is a setting', () => {
    const unit = read('deploy/pollhook.service');
    assert.match(
      unit,
      /^ExecStart=\/usr\/bin\/node \/opt\/pollhook\/node_modules\/pollhook\/bin\/pollhook\.js run --config /m,
    );
    const settings = unit.split('\n').filter((line) => line !== '' && !/^[#[]/.test(line));
    assert.deepEqual(
      settings.filter((line) => !/^[A-Z][A-Za-z]+=/.test(line)),
      [],
    );
    assert.doesNotMatch(unit, /^MemoryDenyWriteExecute=yes/m);
  });
});
