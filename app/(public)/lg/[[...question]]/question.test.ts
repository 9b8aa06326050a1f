import { expect, test } from 'vitest';
import { addressOf, readForm, readQuestion } from './question.ts';

test('a prefix keeps its slash and comes back the same', () => {
  const question = {
    node: 'tokyo',
    query: 'route',
    argument: '172.21.142.0/27',
    vrf: null,
  } as const;
  expect(addressOf(question)).toBe('/lg/tokyo/route/172.21.142.0/27');
  expect(readQuestion(['tokyo', 'route', '172.21.142.0', '27'])).toEqual(question);
});

test('colons and stranger things are encoded once', () => {
  const address = addressOf({
    node: 'tokyo',
    query: 'ping',
    argument: 'fd42::1?x#y',
    vrf: null,
  });
  expect(address).toBe('/lg/tokyo/ping/fd42%3A%3A1%3Fx%23y');
  expect(readQuestion(address.split('/').slice(2))?.argument).toBe('fd42::1?x#y');
});

test('unknown words and broken encoding are no question and no crash', () => {
  expect(readQuestion(['tokyo', 'reboot'])).toBeUndefined();
  expect(readQuestion([])).toBeUndefined();
  expect(readQuestion(['%E0', 'route', '%zz'])?.argument).toBe('%zz');
});

test('the form may repeat a field or leave one out', () => {
  expect(readForm({ node: ['tokyo', 'x'], query: 'route', target: ' 172.20.0.53 ' })).toEqual({
    node: 'tokyo',
    query: 'route',
    argument: '172.20.0.53',
    vrf: null,
  });
  expect(readForm({ node: 'tokyo' })).toBeUndefined();
  expect(readForm({ node: 'tokyo', query: 'summary', target: 'x' })?.argument).toBe('');
});

test('a virtual router stands behind the question, the default one nowhere', () => {
  const question = { node: 'tokyo', query: 'route', argument: '10.77.1.0/24', vrf: 'lab' } as const;
  expect(addressOf(question)).toBe('/lg/tokyo/route/10.77.1.0/24?vrf=lab');
  expect(readQuestion(['tokyo', 'route', '10.77.1.0', '24'], { vrf: 'lab' })).toEqual(question);
  expect(readForm({ node: 'tokyo', query: 'why', target: '10.77.1.1', vrf: '' })?.vrf).toBeNull();
  expect(readForm({ node: 'tokyo', query: 'why', target: '10.77.1.1', vrf: 'lab' })?.vrf).toBe(
    'lab',
  );
});

test('the default virtual router is the same by its name as without one', () => {
  for (const vrf of ['default', ' default ', '', undefined])
    expect(readQuestion(['tokyo', 'summary'], { vrf })?.vrf, vrf).toBeNull();
  expect(readForm({ node: 'tokyo', query: 'summary', vrf: 'default' })?.vrf).toBeNull();
});
