/** What fails in a page is found in the log by the number that the page shows. */
import { afterEach, expect, test, vi } from 'vitest';
import { onRequestError } from './instrumentation.ts';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

test('a failed page is one line with its number and reason, and without the secrets of its address', async () => {
  vi.stubEnv('NEXT_RUNTIME', 'nodejs');
  const lines: string[] = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((line) => lines.push(String(line)) > 0);
  await onRequestError(
    Object.assign(new Error('the table is gone'), { digest: '3316406270' }),
    { method: 'GET', path: '/admin/setup?token=secret', headers: { cookie: 'rootless42=secret' } },
    {
      routerKind: 'App Router',
      routePath: '/admin/setup',
      routeType: 'render',
      renderSource: 'react-server-components',
      revalidateReason: undefined,
    },
  );
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    level: 'error',
    message: 'a page failed',
    digest: '3316406270',
    route: '/admin/setup',
    path: '/admin/setup',
    error: {
      message: 'the table is gone',
      stack: expect.stringContaining('instrumentation.test.ts'),
    },
  });
  expect(lines[0]).not.toContain('secret');
});
