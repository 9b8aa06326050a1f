import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { NodeNumber } from '../../node-number.ts';
import { macAddressOf } from './derive-addresses.ts';
import recorded from './fixtures/post-script.json' with { type: 'json' };
import { scriptEnvironment, splitWords } from './post-script.ts';

test('an edge’s script is told what real nodes tell', () => {
  const { NodeID, MacAddrPrefix, Name, IType } = recorded.node;
  const mac = macAddressOf(MacAddrPrefix, NodeID);
  expect('address' in mac).toBe(true);
  if ('problem' in mac) return;
  const environment = scriptEnvironment({
    nodeName: 'fx1',
    node: NodeID as NodeNumber,
    interfaceName: Name,
    interfaceType: IType,
    macAddressPrefix: MacAddrPrefix,
    macAddress: mac.address,
  });
  expect(environment).toEqual(recorded.environment);
});

test('octets of a number have no zeros before them', () => {
  const mac = macAddressOf('02:42', 10);
  if ('problem' in mac) throw new Error(mac.problem);
  const subject = { nodeName: '', interfaceName: '', interfaceType: '', macAddressPrefix: '' };
  const environment = scriptEnvironment({
    ...subject,
    node: 10 as NodeNumber,
    macAddress: mac.address,
  });
  expect(environment).toMatchObject({
    EG_NODE_ID_INT_HEX: 'a',
    EG_NODE_ID_BYTE0_HEX: 'A',
    EG_NODE_ID_BYTE1_HEX: '0',
    EG_NODE_ID_BYTE1_DEC: '0',
  });
});

test.each([
  ['', []],
  ['  \t ', []],
  ['/bin/sh -c true', ['/bin/sh', '-c', 'true']],
  [`sh -c 'ip link set "$1" up' x`, ['sh', '-c', 'ip link set "$1" up', 'x']],
  [`a"b c"d'e f'`, ['ab cde f']],
  [`"" ''`, ['', '']],
  [String.raw`a\ b \"c\" \\`, ['a b', '"c"', '\\']],
  [String.raw`"a\"b\\c\d\$e"`, [String.raw`a"b\c\d$e`]],
  [String.raw`'a\'b`, [String.raw`a\b`]],
  ['a\\\nb "c\\\nd"', ['ab', 'cd']],
  ['echo $HOME | cat # x', ['echo', '$HOME', '|', 'cat', '#', 'x']],
])('%j becomes %j (POSIX §2.2)', (command, words) => {
  expect(splitWords(command)).toEqual({ words });
});

test.each([
  [`echo 'a`, "has no closing ' for the one at 6."],
  ['"', 'has no closing " for the one at 1.'],
  ['"a\\"', 'has no closing " for the one at 1.'],
  ['a\\', 'ends with a backslash.'],
  ['a '.repeat(258), 'has more than 256 words.'],
])('%j is refused: %s', (command, problem) => {
  expect(splitWords(command)).toEqual({ problem });
});

test('words in single quotes come back as they are', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.string().filter((w) => !w.includes("'")),
        { maxLength: 20 },
      ),
      (words) => {
        expect(splitWords(words.map((w) => `'${w}'`).join(' '))).toEqual({ words });
      },
    ),
  );
});
