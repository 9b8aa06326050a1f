import { expect, test } from 'vitest';
import { addressOf, readForm, readQuestion } from './question.ts';

test('a prefix keeps its slash and comes back the same', () => {
  const question = { node: 'tokyo', query: 'route', argument: '172.21.142.0/27' } as const;
  expect(addressOf(question)).toBe('/lg/tokyo/route/172.21.142.0/27');
  expect(readQuestion(['tokyo', 'route', '172.21.142.0', '27'])).toEqual(question);
});

test('colons and stranger things are encoded once', () => {
  const address = addressOf({ node: 'tokyo', query: 'ping', argument: 'fd42::1?x#y' });
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
  });
  expect(readForm({ node: 'tokyo' })).toBeUndefined();
  expect(readForm({ node: 'tokyo', query: 'summary', target: 'x' })?.argument).toBe('');
});
