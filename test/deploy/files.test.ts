import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { readEnv, settingNames } from '../../lib/env.ts';
import { registry } from '../../lib/metrics.ts';
import { projectFolder } from '../../lib/migrations.ts';
import '../../operations/metrics/database-gauges.ts';
import { debianProgram, installed } from '../support/debian-programs.ts';

const read = (path: string): string => readFileSync(join(projectFolder, path), 'utf8');
const promtool = await debianProgram('promtool');

/** Those of an expression that are ours, without what Prometheus appends to histograms. */
const metricsIn = (expression: string): string[] =>
  [...expression.matchAll(/\bcolloquy_\w+/g)].map(([name]) => name.replace(/_(bucket|count|sum)$/, ''));
const known = new Set(registry.getMetricsAsArray().map(({ name }) => name));

/** The anchors of a page's headings, as GitHub makes them. */
const anchors = (page: string): string[] =>
  [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
    title!
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  );

interface Rule {
  alert: string;
  expr: string;
  labels: { severity: string };
  annotations: { summary: string; runbook: string };
}

describe('the alarms', () => {
  const rules: Rule[] = parse(read('deploy/prometheus/alerts.yml')).groups[0].rules;

  it('look at metrics that exist, and name a page and heading that do', () => {
    expect(rules.length).toBeGreaterThan(20);
    for (const { alert, expr, labels, annotations } of rules) {
      for (const metric of metricsIn(expr)) expect(known, `${alert}: ${metric}`).toContain(metric);
      expect(['page', 'warn']).toContain(labels.severity);
      const [page, heading] = annotations.runbook.split('#');
      expect(readFileSync(join(projectFolder, page!), 'utf8'), alert).toMatch(/^# /);
      if (heading) expect(anchors(page!), alert).toContain(heading);
    }
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    expect(read('docs/observability.md')).toContain(`with ${rules.length} alarms`);
  });

  it.skipIf(promtool === undefined)('are what Prometheus takes', () => {
    execFileSync(promtool!, ['check', 'config', 'prometheus.yml'], {
      cwd: join(projectFolder, 'deploy/prometheus'),
    });
  });
});

it('the dashboard shows metrics that exist, each panel in a place of its own', () => {
  const { panels } = JSON.parse(read('deploy/grafana/colloquy.json')) as {
    panels: { id: number; title: string; gridPos: object; targets: { expr: string }[] }[];
  };
  for (const { title, targets } of panels) {
    const metrics = targets.flatMap(({ expr }) => metricsIn(expr));
    for (const metric of metrics) expect(known, title).toContain(metric);
    expect(targets.length, title).toBeGreaterThan(0);
  }
  expect(new Set(panels.map(({ gridPos }) => JSON.stringify(gridPos))).size).toBe(panels.length);
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
});

describe('the units of systemd', () => {
  const folder = 'deploy/systemd';
  const files = readdirSync(join(projectFolder, folder));

  it('name settings that exist, with values that are accepted', () => {
    for (const file of files.filter((name) => name.endsWith('.env'))) {
      const lines = read(`${folder}/${file}`)
        .split('\n')
        .filter((line) => line && !line.startsWith('#'));
      const values = Object.fromEntries(lines.map((line) => line.split(/=(.*)/s) as [string, string]));
      for (const name of Object.keys(values)) expect(settingNames, file).toContain(name);
      expect(() => readEnv(values)).not.toThrow();
    }
  });

  it('start what exists, as a user that may nothing', () => {
    for (const file of files.filter((name) => name.endsWith('.service'))) {
      const text = read(`${folder}/${file}`);
      const [, script] = /^ExecStart=\/opt\/colloquy\/node_modules\/\.bin\/node (scripts\/[\w-]+\.ts)/m.exec(
        text,
      )!;
      expect(read(script!)).not.toBe('');
      for (const line of [
        'User=colloquy',
        'NoNewPrivileges=yes',
        'ProtectSystem=strict',
        'CapabilityBoundingSet=',
      ])
        expect(text.split('\n'), file).toContain(line);
    }
  });

  it.skipIf(installed('systemd-analyze') === undefined)('are what systemd takes', () => {
    const place = mkdtempSync(join(tmpdir(), 'colloquy-units-'));
    try {
      cpSync(join(projectFolder, folder), place, { recursive: true });
      const units = files.filter((name) => name.endsWith('.service')).map((name) => join(place, name));
      // the program is looked for, and is here
      for (const unit of units)
        writeFileSync(
          unit,
          readFileSync(unit, 'utf8').replaceAll('/opt/colloquy', projectFolder.replace(/\/$/, '')),
        );
      const output = execFileSync('systemd-analyze', ['verify', '--man=no', ...units], { stdio: 'pipe' });
      expect(String(output)).toBe('');
    } finally {
      rmSync(place, { recursive: true });
    }
  });
});

describe('the manifests of Kubernetes', () => {
  const documents = parseAllDocuments(read('deploy/kubernetes/colloquy.yaml'));
  // biome-ignore lint/suspicious/noExplicitAny: of many kinds
  const objects: any[] = documents.map((document) => document.toJS());
  const workloads = objects.filter(({ kind }) => kind === 'Deployment' || kind === 'Job');

  it('are documents without errors, of one namespace', () => {
    expect(documents.flatMap(({ errors }) => errors)).toEqual([]);
    for (const { apiVersion, kind, metadata } of objects) {
      expect([apiVersion, kind, metadata.name].every((text) => typeof text === 'string')).toBe(true);
      if (kind !== 'Namespace') expect(metadata.namespace, metadata.name).toBe('colloquy');
    }
    expect(objects.map(({ kind }) => kind).sort()).toEqual([
      'ConfigMap',
      'Deployment',
      'Deployment',
      'Job',
      'Namespace',
      'PersistentVolumeClaim',
      'PodDisruptionBudget',
      'Service',
    ]);
  });

  it('give each process its own Secret, settings that exist, and no rights', () => {
    const config = objects.find(({ kind }) => kind === 'ConfigMap').data;
    for (const [name, value] of Object.entries(config)) {
      expect(settingNames).toContain(name);
      expect(typeof value, name).toBe('string');
    }
    expect(() => readEnv(config)).not.toThrow();
    const secrets = workloads.map(({ spec }) => {
      const pod = spec.template.spec;
      const [container] = pod.containers;
      expect(pod.securityContext.runAsNonRoot).toBe(true);
      expect(container.securityContext).toMatchObject({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
      });
      expect(read(container.command[1])).not.toBe('');
      const volumes = pod.volumes.map(({ name }: { name: string }) => name);
      for (const { name } of container.volumeMounts) expect(volumes).toContain(name);
      return container.envFrom.find((from: { secretRef?: object }) => from.secretRef).secretRef.name;
    });
    expect(secrets).toEqual(['colloquy-owner', 'colloquy-authenticator', 'colloquy-worker']);
    for (const secret of secrets) expect(read('docs/deploy.md')).toContain(`\`${secret}\``);
  });

  it('ask what each process answers, at a port that it has; liveness never of the database', () => {
    for (const { kind, metadata, spec } of workloads) {
      if (kind !== 'Deployment') continue;
      expect(spec.template.metadata.labels).toMatchObject(spec.selector.matchLabels);
      const [container] = spec.template.spec.containers;
      const ports = container.ports.map(({ name }: { name: string }) => name);
      for (const name of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
        const asked = container[name]?.httpGet;
        if (asked === undefined) continue;
        expect(ports, metadata.name).toContain(asked.port);
        expect(asked.path).toBe(name === 'readinessProbe' ? '/readyz' : '/healthz');
      }
      expect(container.livenessProbe).toBeDefined();
    }
    const service = objects.find(({ kind }) => kind === 'Service');
    const api = workloads.find(({ metadata }) => metadata.name === 'colloquy-api');
    expect(api.spec.template.metadata.labels).toMatchObject(service.spec.selector);
    expect(api.spec.template.spec.containers[0].readinessProbe).toBeDefined();
  });
});
