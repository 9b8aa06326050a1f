/**
 * A template is judged when it is read: `peer/add` fills it in later, where nobody could be told.
 *
 * @module
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readEdgeTemplate, renderEdgeTemplate } from './edge-template.ts';

const folder = mkdtempSync(join(tmpdir(), 'r42-template-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function read(text: string): string {
  const path = join(folder, 'edge.yaml');
  writeFileSync(path, text);
  return readEdgeTemplate(path);
}

test.each([
  'DynamicRoute: []\n',
  'DynamicRoute: 5\n',
  'DynamicRoute:\n  SuperNode: [1]\n',
  'DynamicRoute:\n  SuperNode: x\n',
])('a template that cannot be filled in is refused: %j', (text) => {
  expect(() => read(text)).toThrow(expect.objectContaining({ code: 'CONFIG_TYPE' }));
});

test.each(['NodeID: 1\n', 'DynamicRoute: {}\n', 'DynamicRoute:\n  SuperNode: {}\n'])(
  'what is missing in a template is added: %j',
  (text) => {
    const change = { path: ['DynamicRoute', 'SuperNode', 'PSKey'], value: 'k' };
    expect(renderEdgeTemplate(read(text), [change])).toContain('PSKey: ');
  },
);
