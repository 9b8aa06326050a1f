import { expect, test } from 'vitest';
import { splitByMarks } from './code-block.tsx';

const shown = (line: string, marks: readonly string[]): string =>
  splitByMarks(line, marks)
    .map(({ text, isMarked }) => (isMarked ? `[${text}]` : text))
    .join('');

test('a value of the reader is marked where it stands as a whole', () => {
  expect(shown('PostUp = ip addr add dev %i fe80::6001/64', ['fe80::6001/64', '1420'])).toBe(
    'PostUp = ip addr add dev %i [fe80::6001/64]',
  );
  expect(
    shown("neighbor fe80::6000%'r42-tokyo' as 4242426000;", ["'r42-tokyo'", '4242426000']),
  ).toBe("neighbor fe80::6000%['r42-tokyo'] as [4242426000];");
});

test('parts of longer values stay unmarked', () => {
  expect(shown('ListenPort = 514200', ['1420'])).toBe('ListenPort = 514200');
  expect(shown('neighbor fe80::60011', ['fe80::6001'])).toBe('neighbor fe80::60011');
});

test('placeholders are pieces of their own and nothing is lost', () => {
  const pieces = splitByMarks('PrivateKey = <your private key>', ['x']);
  expect(pieces.map(({ text }) => text).join('')).toBe('PrivateKey = <your private key>');
  expect(pieces.at(-1)?.isPlaceholder).toBe(true);
  expect(splitByMarks('plain', [])).toHaveLength(1);
});
