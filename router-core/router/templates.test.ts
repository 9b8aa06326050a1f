import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { toBase64 } from '../base/bytes.ts';
import { documentOfFile, readConfigFile } from './config-file.ts';
import type { PeeringConfig } from './types.ts';

const key = (n: number): string => toBase64(new Uint8Array(32).fill(n));
const NODE = 'node: { name: tokyo, asn: 4242426000 }';
const read = (text: string) => readConfigFile(parse(`${NODE}\n${text}`), (path) => path);
const findingsOf = (text: string): string[] =>
  read(text).findings.map(({ code, path }) => `${code} ${path}`);

function peeringsOf(text: string): readonly PeeringConfig[] {
  const { file, findings } = read(text);
  expect(findings).toEqual([]);
  if (file === undefined) throw new Error('the file was read');
  const document = documentOfFile(file, key(100));
  expect(document.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  return document.config?.peerings ?? [];
}

const FAMILY = `
templates:
  - name: all
    holdTime: 30
    families: [ipv4, ipv6]
    prefixLimit: { received: 500, action: warn }
    ipv6: { prefixLimit: { accepted: 10 } }
  - { name: friends, template: all, mtu: 1400, holdTime: 60, prefixLimit: { action: restart } }
`;

test('a peering inherits from its template and that one’s, the nearer one wins', () => {
  const [peering] = peeringsOf(`${FAMILY}
peerings:
  - { asn: 4242426001, publicKey: "${key(1)}", template: friends, families: [ipv6], holdTime: 90 }
`);
  expect(peering).toMatchObject({
    name: 'as4242426001',
    mtu: 1400,
    holdTime: 90,
    families: ['ipv6'],
    prefixLimit: { received: 500, action: 'restart' },
    ipv6: { prefixLimit: { accepted: 10 } },
  });
  expect(peering).not.toHaveProperty('template');
});

test('what is required may come from a template, and is missed without', () => {
  expect(
    peeringsOf(`
templates: [{ name: one, asn: 4242426001, publicKey: "${key(1)}" }]
peerings: [{ template: one }]
`),
  ).toMatchObject([{ asn: 4242426001, publicKey: key(1) }]);
  expect(
    findingsOf('templates: [{ name: one }]\npeerings: [{ template: one, asn: 4242426001 }]'),
  ).toEqual(['CONFIG_MISSING_KEY peerings[0].publicKey']);
});

test.each([
  ['TEMPLATE_UNKNOWN peerings[0].template', 'peerings: [{ asn: 1, publicKey: x, template: no }]'],
  ['TEMPLATE_UNKNOWN templates[0].template', 'templates: [{ name: a, template: no }]'],
  ['TEMPLATE_LOOP templates[0].template', 'templates: [{ name: a, template: a }]'],
  ['DUPLICATE templates[1].name', 'templates: [{ name: a }, { name: a }]'],
  ['CONFIG_MISSING_KEY templates[0].name', 'templates: [{ mtu: 1400 }]'],
  ['CONFIG_UNKNOWN_KEY templates[0].colour', 'templates: [{ name: a, colour: red }]'],
])('%s', (finding, text) => {
  expect(findingsOf(text)).toEqual([finding]);
});

test('a circle of templates ends in a finding for each who is in it', () => {
  expect(
    findingsOf(`
templates: [{ name: a, template: b }, { name: b, template: a }]
peerings: [{ asn: 1, publicKey: x, template: a }]`),
  ).toEqual([
    'TEMPLATE_LOOP peerings[0].template',
    'TEMPLATE_LOOP templates[0].template',
    'TEMPLATE_LOOP templates[1].template',
  ]);
});
