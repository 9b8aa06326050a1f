import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { expect, test } from 'vitest';
import { refusalOf } from './request-target.mjs';

test.each([
  ['GET', '/'],
  ['GET', '/lg/tokyo/route/172.20.0.0%2F24?q=%zz'],
  ['GET', '/api/v1/lg/%25zz/route'],
  ['PATCH', '/api/v1/peerings/1'],
  ['OPTIONS', '*'],
])('%s %s goes on', (method, url) => {
  expect(refusalOf({ method, url })).toBeUndefined();
});

test.each([
  ['GET', 'http://evil.example/peerings', 400],
  ['GET', 'evil.example:443', 400],
  ['GET', '*', 400],
  ['GET', '', 400],
  ['GET', '/lg/%zz', 400],
  ['GET', '/%E0%A4', 400],
  ['TRACE', '/', 405],
  ['CONNECT', 'evil.example:443', 405],
  ['PROPFIND', '/', 405],
])('%s %s is refused with %d', (method, url, status) => {
  const refusal = refusalOf({ method, url });
  expect(refusal?.status).toBe(status);
  expect('allow' in (refusal?.headers ?? {})).toBe(status === 405);
});

test('files that the server writes are for its user alone; what is built before is not', () => {
  const script = `
    process.umask(0o022);
    const { serve } = await import('./serve.mjs');
    const building = process.umask();
    await serve({ root: '/nowhere/at/all' }).catch(() => undefined);
    console.log(building.toString(8), process.umask().toString(8));`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: path.resolve(import.meta.dirname),
    encoding: 'utf8',
  });
  expect(output.trim()).toBe('22 77');
});
