import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const DOCUMENT = readFileSync(join(ROOT, 'docs/limits.md'), 'utf8');

/** The document's tables: by file, the name and value of every limit. */
const DOCUMENTED = new Map(
  [...DOCUMENT.matchAll(/^## ((?:router-core|app)\/\S+)\n([\s\S]*?)(?=^## |(?![\s\S]))/gm)].map(
    ([, file = '', section = '']) => [
      file,
      new Map(
        [...section.matchAll(/^\| `(\w+)` \| ([^|]*) \| (.+) \|$/gm)].map(
          ([, name = '', value = '']) => [name, value],
        ),
      ),
    ],
  ),
);
const LIMIT_FILES = ['router-core', 'app'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('/limits.ts') && !path.includes('generated'))
    .map((path) => `${folder}/${path}`),
);
/** Names that are units or keys, not limits. */
const NO_LIMITS = new Set(['HOUR_MS', 'MINUTE_MS', 'KEY']);

/** The limits a file defines: constants, and the members of its tables of limits. */
function limitsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const constants = [
    ...text.matchAll(/^(?:export )?const ([A-Z][A-Z0-9_]*)\b[^=]*= (\{[\s\S]*?\n\}|.)/gm),
  ];
  return constants.flatMap(([, name = '', value = '']) =>
    value.startsWith('{')
      ? [...value.matchAll(/^ {2}(\w+):/gm)].map(([, member = '']) => member)
      : [name],
  );
}

test.each(LIMIT_FILES)('docs/limits.md tells every limit of %s', (file) => {
  const wanted = limitsOf(file).filter((name) => !NO_LIMITS.has(name));
  expect(wanted.length).toBeGreaterThan(0);
  expect([...(DOCUMENTED.get(file)?.keys() ?? [])].sort()).toEqual(wanted.sort());
});

test.each([...DOCUMENTED.keys()])(
  'what docs/limits.md says of %s stands in the code',
  async (file) => {
    const text = readFileSync(join(ROOT, file), 'utf8');
    const isLimits = file.endsWith('/limits.ts') && file.startsWith('router-core/');
    const module: Record<string, unknown> = isLimits ? await import(join(ROOT, file)) : {};
    const tables = Object.values(module).filter(
      (value) => typeof value === 'object' && value !== null,
    );
    for (const [name, value] of DOCUMENTED.get(file) ?? []) {
      expect(text, name).toMatch(new RegExp(`\\b${name}\\b`));
      const actual =
        module[name] ??
        tables
          .map((limits) => (limits as Record<string, unknown>)[name])
          .find((v) => v !== undefined);
      if (typeof actual === 'number') expect(numberOf(value), name).toBeCloseTo(actual, 9);
    }
  },
);

test('the document has a reason in every row', () => {
  const rows = DOCUMENT.match(/^\| `.*$/gm) ?? [];
  for (const row of rows) expect(row).toMatch(/^\| `\w+` \| [^|]+ \| [^|]{8,} \|$/);
});

/** Reads `1,024` or `1/3`. */
function numberOf(text: string): number {
  const [top = '', bottom] = text.replaceAll(',', '').split('/');
  return bottom === undefined ? Number(top) : Number(top) / Number(bottom);
}
