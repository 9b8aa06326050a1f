import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { RouterError } from '../base/errors.ts';
import { newYamlFile, parseYamlFile, readTextFile, readYamlValues } from './yaml-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'r42-yaml-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const WRITTEN = `# the edge in the cellar
Interface:
    MacAddrPrefix: 02:42:10:10   # digits only
    MTU: 0x57C
Peers:   # friends
    - NodeID: 007
      EndPoint: "[::1]:3000"
NextHopTable: {1: {2: 2}, 2: {1: 1}}
Empty:
`;

/** The code and sentence of what a text is refused by. */
function refusal(text: string): string {
  try {
    parseYamlFile(text, 'f.yaml').values();
  } catch (error) {
    if (error instanceof RouterError) return `${error.code} ${error.message}`;
    throw error;
  }
  return 'accepted';
}

describe('reading', () => {
  test('scalars are the text they are written as, null is null', () => {
    expect(parseYamlFile(WRITTEN, 'f').values()).toEqual({
      Interface: { MacAddrPrefix: '02:42:10:10', MTU: '0x57C' },
      Peers: [{ NodeID: '007', EndPoint: '[::1]:3000' }],
      NextHopTable: { 1: { 2: '2' }, 2: { 1: '1' } },
      Empty: null,
    });
  });

  test('the core schema types them instead', () => {
    writeFileSync(join(folder, 'f.yaml'), WRITTEN);
    expect(readYamlValues(join(folder, 'f.yaml'), 1000)).toMatchObject({
      Interface: { MTU: 1404 },
      Peers: [{ NodeID: 7 }],
      NextHopTable: { 1: { 2: 2 } },
    });
  });

  test('aliases and merge keys of other tools are understood', () => {
    const text = 'a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc: *a\n';
    expect(parseYamlFile(text, 'f').values()).toEqual({
      a: { x: '1', y: '2' },
      b: { x: '1', y: '3' },
      c: { x: '1', y: '2' },
    });
  });

  test('places are line and column; what is absent has the place around it', () => {
    const file = parseYamlFile(WRITTEN, 'f');
    expect(file.placeOf('Interface.MTU')).toBe('4:10');
    expect(file.placeOf('Peers[0].EndPoint')).toBe('7:17');
    expect(file.placeOf('Peers[0].PubKey')).toBe('6:7');
    expect(file.placeOf('NextHopTable.2.1')).toBe('8:34');
    expect(file.placeOf('Nothing.at.all')).toBe('2:1');
    expect(parseYamlFile('', 'f').placeOf('x')).toBeUndefined();
  });

  test.each([
    ['a: [1\n', /^CONFIG_SYNTAX f\.yaml: Flow sequence .* at line 2, column 1\.$/],
    ['a: 1\na: 2\n', /^CONFIG_SYNTAX f\.yaml: Map keys must be unique at line 2, column 1\.$/],
    ['a: 1\n<<: 2\n', /^CONFIG_SYNTAX f\.yaml: Merge sources must be maps/],
    ['a: *b\n', /^CONFIG_SYNTAX f\.yaml: Unresolved alias/],
    ['a: 1\n---\nb: 2\n', /^CONFIG_SYNTAX f\.yaml: A second document begins at line 2/],
  ])('%j is refused', (text, why) => expect(refusal(text)).toMatch(why));

  test('a text is refused before it is nested too deeply to be composed', () => {
    const deep = /^CONFIG_SYNTAX f\.yaml: Lists and sets of keys are nested too deeply at line/;
    const blocks = Array.from({ length: 200 }, (_, i) => `${' '.repeat(i)}a:`).join('\n');
    for (const text of ['['.repeat(100_000), '{a: '.repeat(100_000), '- '.repeat(50_000), blocks])
      expect(refusal(text)).toMatch(deep);
    expect(refusal('['.repeat(60) + ']'.repeat(60))).toBe('accepted');
  });

  test('aliases that multiply are refused', () => {
    const levels = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
    for (let i = 1; i < 10; i++)
      levels.push(`a${i}: &a${i} [${Array.from({ length: 9 }, () => `*a${i - 1}`).join(', ')}]`);
    expect(refusal(levels.join('\n'))).toMatch(/^CONFIG_SYNTAX f\.yaml: Excessive alias count/);
  });

  test('a file has a size it may have, and a pipe as well', () => {
    writeFileSync(join(folder, 'large.yaml'), 'x'.repeat(101));
    const code = (path: string, octetsMax = 100) => {
      try {
        return readTextFile(path, octetsMax);
      } catch (error) {
        return (error as RouterError).code;
      }
    };
    expect(code(join(folder, 'large.yaml'))).toBe('CONFIG_TOO_LARGE');
    expect(code('/dev/zero', 1e6)).toBe('CONFIG_TOO_LARGE');
    expect(code('/dev/null')).toBe('');
    expect(code(join(folder, 'absent.yaml'))).toBe('CONFIG_UNREADABLE');
    expect(code(folder, 1e6)).toBe('CONFIG_UNREADABLE');
  });

  test('any text gives values or a coded error', () => {
    const piece = fc.constantFrom(
      ...[
        'a: ',
        '- ',
        '[',
        ']',
        '{',
        '}',
        ', ',
        '\n',
        '  ',
        '&a ',
        '*a',
        '<<: ',
        '? ',
        '| ',
        '"',
        "'",
      ],
      ...['__proto__: ', '!!map ', '!x ', '# ', '---\n', '%YAML 1.1\n', '\t', '0x1', '~', '\u0000'],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        expect(refusal(pieces.join(''))).toMatch(/^(accepted|CONFIG_SYNTAX f\.yaml: )/);
      }),
      { numRuns: 1000 },
    );
    expect(Object.prototype).not.toHaveProperty('a');
  });
});

describe('changing', () => {
  test('what is not changed stays as it was written: comments, order, quotes, numbers', () => {
    const file = parseYamlFile(WRITTEN, 'f');
    file.change([
      { path: ['Peers', 0, 'EndPoint'], value: '192.0.2.1:4000' },
      { path: ['Interface', 'MTU'], value: 1420 },
      { path: ['Added', 'Inside'], value: ['yes', 'a_name', true, ''] },
    ]);
    expect(file.text()).toBe(`# the edge in the cellar
Interface:
    MacAddrPrefix: 02:42:10:10 # digits only
    MTU: 1420
Peers:
    # friends
    - NodeID: 007
      EndPoint: "192.0.2.1:4000"
NextHopTable: {1: {2: 2}, 2: {1: 1}}
Empty:
Added:
    Inside:
        - "yes"
        - a_name
        - true
        - ""
`);
  });

  test('keys that must be quoted are, whoever wrote them', () => {
    const text = parseYamlFile(WRITTEN, 'f').text(['MacAddrPrefix']);
    expect(text).toContain('MacAddrPrefix: "02:42:10:10" # digits only\n');
    expect(parse(text, { version: '1.1' })).toMatchObject({
      Interface: { MacAddrPrefix: '02:42:10:10' },
    });
  });

  test('lists and braces keep the manner of the file', () => {
    const texts = [
      'a:\n- 1\n- 2\n',
      'a:\n  - 1\n  - 2\n',
      'a: {x: [1, 2]}\n',
      'a: { x: [ 1, 2 ] }\n',
    ];
    for (const text of texts) {
      const file = parseYamlFile(text, 'f');
      file.change([{ path: ['b'], value: 1 }]);
      expect(file.text()).toBe(`${text}b: 1\n`);
    }
  });

  test('undefined takes out an entry of a list, or a key, and nothing else', () => {
    const file = parseYamlFile('list:\n- a: 1 # one\n- a: 2\n- a: 3\nk: 1\nlast: x\n', 'f');
    file.change([
      { path: ['list', 1], value: undefined },
      { path: ['k'], value: undefined },
      { path: ['list', 7], value: undefined },
    ]);
    expect(file.text()).toBe('list:\n- a: 1 # one\n- a: 3\nlast: x\n');
  });

  test('a comment stays with the value it explains', () => {
    const file = parseYamlFile('k: old # why\nlist:\n# the first\n- 1\n', 'f');
    file.change([
      { path: ['k'], value: 'new' },
      { path: ['list'], value: [7] },
    ]);
    expect(file.text()).toBe('k: new # why\nlist:\n# the first\n- 7\n');
  });

  test('changing a copy leaves what it was copied from', () => {
    const file = parseYamlFile('a: &a {x: 1}\nb: *a\n', 'f');
    file.change([{ path: ['b', 'x'], value: 2 }]);
    expect(parseYamlFile(file.text(), 'f').values()).toEqual({ a: { x: '1' }, b: { x: '2' } });
  });

  test('a document begins empty, or with something else at the place', () => {
    for (const text of ['', 'text\n', '- 1\n']) {
      const file = parseYamlFile(text, 'f');
      file.change([{ path: ['a', 'b'], value: 1 }]);
      expect(file.values()).toEqual({ a: { b: '1' } });
    }
  });

  test('any text that is written reads as that text, by every schema', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary-ascii' }),
        fc.double({ noNaN: true, min: -1e9, max: 1e9 }),
        (text, number) => {
          const written = newYamlFile({ text, number, list: [text], [`k${text}`]: {} }).text();
          const plain = text.replaceAll(/[^\n\x20-\x7e]/g, '');
          expect(parse(newYamlFile({ plain }).text(), { version: '1.1' })).toEqual({ plain });
          expect(parse(written)).toMatchObject({ text, list: [text] });
          expect((parse(written) as { number: number }).number).toBeCloseTo(number, 9);
        },
      ),
      {
        examples: [
          ['02:42:10:10', 0],
          ['on', 1e-7],
          ['~', 0],
          ['=', 0],
          ['0o7', 0],
          ['1_0', 0],
          ['.5', 0],
          ['<<', 0],
          ['E0', 0],
        ],
      },
    );
  });
});
