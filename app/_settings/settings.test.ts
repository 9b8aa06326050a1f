import { expect, test } from 'vitest';
import { parseConfigFile } from './config-file.ts';
import { readSettings } from './read-settings.ts';

const ROOT = '/srv/rootless42';

test('nothing set gives the defaults of the documentation', () => {
  expect(readSettings({}, ROOT)).toMatchObject({
    port: 4242,
    host: '::',
    dataFolder: '/srv/rootless42/data',
    databaseUrl: 'file:/srv/rootless42/data/rootless42.db',
    router: { kind: 'worker' },
    packetPath: 'auto',
    origins: [],
    fixed: {},
  });
});

test.each([
  [{ PORT: '70000' }, /^PORT is "70000"/],
  [{ PORT: 'http' }, /^PORT is "http"/],
  [{ HOST: 'everywhere' }, /^HOST is "everywhere"/],
  [{ DATABASE_URL: 'mysql://x' }, /^DATABASE_URL/],
  [{ DATABASE_URL: 'postgresql://x' }, /^DATABASE_URL names PostgreSQL/],
  [{ ROOTLESS42_ORIGINS: 'peer.example.net' }, /^ROOTLESS42_ORIGINS has "peer.example.net"/],
  [{ ROOTLESS42_ORIGINS: 'https://a.example, https://b.example/path' }, /b.example\/path/],
  [{ ROOTLESS42_TRUSTED_PROXIES: '10.0.0.0/8,proxy' }, /has "proxy"/],
  [{ ROOTLESS42_OPERATOR_TOKEN: 'short' }, /^ROOTLESS42_OPERATOR_TOKEN needs/],
  [{ ROOTLESS42_ROUTER: 'unix:relative' }, /^ROOTLESS42_ROUTER/],
  [{ ROOTLESS42_UNDERLAY: 'fastest' }, /^ROOTLESS42_UNDERLAY/],
  [{ ROOTLESS42_REGISTRY: 'http://git.example/registry' }, /https or ssh/],
  [{ ROOTLESS42_CONFIG: '/does/not/exist.yaml' }, /cannot be read \(ENOENT\)/],
])('%o stops the start with one clear line', (environment, message) => {
  expect(() => readSettings(environment, ROOT)).toThrow(message);
  try {
    readSettings(environment, ROOT);
  } catch (error) {
    expect((error as Error).message).not.toContain('\n');
    expect((error as { code: string }).code).toBe('SETTING_INVALID');
  }
});

test('a secret that is wrong is not repeated', () => {
  expect(() => readSettings({ ROOTLESS42_OPERATOR_TOKEN: 'hunter2' }, ROOT)).not.toThrow('hunter2');
});

const FILE = 'node: { name: tokyo, asn: 4242426000 }\n';

test('paths in the file are relative to the file', () => {
  const { content } = parseConfigFile(
    `node: { name: tokyo, asn: 4242426000, privateKeyFile: ./wg.key }\nregistry: { path: ./registry }\n`,
    '/etc/rootless42/node.yaml',
  );
  expect(content.node.privateKeyFile).toBe('/etc/rootless42/wg.key');
  expect(content.registry).toEqual({ kind: 'directory', path: '/etc/rootless42/registry' });
});

test.each([
  ['node: { name: tokyo, asn: 1, colour: red }', /colour is not a known key/],
  ['node: { name: tokyo }', /node.asn is missing/],
  ['peerings: []', /node is missing/],
  ['node: { name: Tokyo, asn: 1 }', /node.name: /],
  ['node: { name: tokyo, asn: 1, announce: [172.21.128.1/27] }', /172.21.128.1\/27/],
  ['node: [', /node.yaml: /],
  [`${FILE}registry: { git: "file:///etc" }`, /https or ssh/],
  [`${FILE}vrfs: { default: {} }`, /never default/],
])('%s is refused with file and reason in one line', (text, message) => {
  expect(() => parseConfigFile(text, '/etc/node.yaml')).toThrow(message);
  try {
    parseConfigFile(text, '/etc/node.yaml');
  } catch (error) {
    expect((error as Error).message).toMatch(/^\/etc\/node.yaml: [^\n]+$/);
  }
});
