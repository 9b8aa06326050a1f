/** The ways of all pairs, slowest first: what the drawings show, to be read. */
import Link from 'next/link';
import { DataTable } from '../../_components/data-table.tsx';
import type { MeshObject } from '../../_queries/view-models.ts';
import { formatMilliseconds } from '../../_text/format.ts';
import { getTranslator } from '../../_text/translator.ts';
import { addressOfMesh, type MeshQuestion } from './mesh-question.ts';
import type { Names } from './mesh-words.ts';
import { latencyOf } from './path-card.tsx';

const SHOWN = 60;

type Props = {
  readonly mesh: MeshObject;
  readonly question: MeshQuestion;
  readonly names: Names;
};

export function WaysTable({ mesh, question, names }: Props) {
  const t = getTranslator('mesh');
  const ways = mesh.ways.toSorted((a, b) => (b.ms ?? 0) - (a.ms ?? 0)).slice(0, SHOWN);
  const text = (ms: number | null): string => (ms === null ? '–' : formatMilliseconds(ms));
  return (
    <>
      <div className="max-h-100 overflow-y-auto">
        <DataTable
          columns={[
            {
              key: 'pair',
              head: t('ways.pair'),
              onPhone: 'lead',
              cell: ({ from, to }) => (
                <Link
                  className="link"
                  href={addressOfMesh({ ...question, pair: { from, to } })}
                  prefetch={false}
                  scroll={false}
                >
                  {t('pair', { from: names(from), to: names(to) })}
                </Link>
              ),
            },
            {
              key: 'way',
              head: t('ways.way'),
              cell: ({ nodes }) =>
                nodes.length === 2 ? (
                  <span className="text-text-3">{t('path.direct')}</span>
                ) : (
                  nodes.map(names).join(' – ')
                ),
            },
            {
              key: 'latency',
              head: t('ways.latency'),
              align: 'right',
              cell: ({ ms }) => <span className="font-mono">{text(ms)}</span>,
            },
            {
              key: 'direct',
              head: t('ways.direct'),
              align: 'right',
              cell: ({ from, to }) => (
                <span className="font-mono text-text-2">{text(latencyOf(mesh, from, to))}</span>
              ),
            },
          ]}
          dense
          empty={t('ways.none')}
          label={t('ways.label')}
          rowKey={({ from, to }) => `${from} ${to}`}
          rows={ways}
        />
      </div>
      {ways.length === mesh.ways.length ? null : (
        <p className="mt-2 text-small text-text-3">
          {t('ways.more', { shown: ways.length, count: mesh.ways.length })}
        </p>
      )}
    </>
  );
}
