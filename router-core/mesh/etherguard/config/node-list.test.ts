import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nodeList } from './node-list.ts';
import { Notes } from './value-readers.ts';

function read(text: unknown) {
  const notes = new Notes();
  const nodes = nodeList(text, 'Node IDs', notes);
  return notes.hasErrors ? notes.findings[0]?.message : nodes;
}

test.each([
  ['[1]', [1]],
  ['[1~3,11,19~20]', [1, 2, 3, 11, 19, 20]],
  [' [ 0 , 2 ~ 3 ] ', [0, 2, 3]],
  ['[65530~65531]', [65530, 65531]],
])('%s', (text, nodes) => expect(read(text)).toEqual(nodes));

test.each([
  ['', 'must name nodes in brackets'],
  ['1,2', 'must name nodes in brackets'],
  ['[]', 'must name nodes in brackets'],
  ['[1,]', 'neither a node nor a range'],
  ['[1~]', 'neither a node nor a range'],
  ['[1~2~3]', 'neither a node nor a range'],
  ['[-1]', 'neither a node nor a range'],
  ['[65532]', 'neither a node nor a range'],
  ['[3~2]', 'a range that does not ascend: 3~2'],
  ['[2~2]', 'a range that does not ascend: 2~2'],
  ['[2,1]', 'does not ascend at 1'],
  ['[1,1]', 'does not ascend at 1'],
  ['[1~3,3]', 'does not ascend at 3'],
  ['[1~1001]', 'more than 1000 nodes'],
  ['[0~65531]', 'more than 1000 nodes'],
  [['1'], 'must be text'],
])('%j is refused: %s', (text, why) => expect(read(text)).toContain(why));

test('any text gives ascending nodes or a finding', () => {
  const piece = fc.constantFrom('[', ']', ',', '~', '1', '9', '0', ' ', '99999', 'x');
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const nodes = read(`[${pieces.join('')}]`);
      if (typeof nodes === 'string' || nodes === undefined) return;
      expect(nodes).toEqual([...new Set(nodes)].sort((a, b) => a - b));
    }),
  );
});
