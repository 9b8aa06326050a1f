/** A prefix explained: its paths, whom it is announced to and why not, what changed lately. */
import { AsBadge } from '../../../_components/as-badge.tsx';
import { DataTable } from '../../../_components/data-table.tsx';
import { StatusChip } from '../../../_components/status-chip.tsx';
import type { ExportRow, LookingGlassAnswer } from '../../../_queries/view-models.ts';
import { isExportReason } from '../../../_text/route-words.ts';
import { getTranslator } from '../../../_text/translator.ts';
import { ChangeList } from './change-list.tsx';
import { RouteAnswer } from './route-answer.tsx';

type Props = {
  readonly answer: Extract<LookingGlassAnswer, { query: 'why' }>;
  readonly ourAsn: number;
  readonly vrf: string | null;
};

export function WhyAnswer({ answer, ourAsn, vrf }: Props) {
  const t = getTranslator('lookingGlass');
  return (
    <>
      <RouteAnswer answer={answer} ourAsn={ourAsn} vrf={vrf} />
      <section aria-labelledby="exports" className="mt-10">
        <h3 className="mb-3 font-semibold text-section" id="exports">
          {t('exports')}
        </h3>
        <DataTable
          columns={[
            {
              key: 'state',
              head: t('exportState'),
              onPhone: 'lead',
              cell: (row) => <ExportState row={row} />,
            },
            {
              key: 'to',
              head: t('exportTo'),
              onPhone: 'bare',
              cell: ({ to }) => <code className="font-mono text-small text-text-2">{to}</code>,
            },
            {
              key: 'network',
              head: t('network'),
              onPhone: 'bare',
              cell: ({ network }) => <AsBadge asn={network.asn} name={network.name} />,
            },
            {
              key: 'why',
              head: t('exportWhy'),
              onPhone: 'bare',
              cell: ({ reason }) =>
                reason === null ? null : (
                  <span className="whitespace-normal">{reasonInWords(reason)}</span>
                ),
            },
          ]}
          empty={<p>{t('noExports')}</p>}
          label={t('exports')}
          rowKey={({ to }) => to}
          rows={answer.exports}
        />
      </section>
      <section aria-labelledby="changes" className="mt-10">
        <h3 className="mb-3 font-semibold text-section" id="changes">
          {t('changes')}
        </h3>
        <ChangeList changes={answer.changes} />
      </section>
    </>
  );
}

function ExportState({ row }: { readonly row: ExportRow }) {
  const t = getTranslator('lookingGlass');
  if (row.isAnnounced)
    return (
      <StatusChip kind="ok" plain>
        {t('announced')}
      </StatusChip>
    );
  return row.reason === null ? (
    <StatusChip kind="busy" plain>
      {t('onItsWay')}
    </StatusChip>
  ) : (
    <StatusChip kind="disabled" plain>
      {t('notAnnounced')}
    </StatusChip>
  );
}

/** Our own words where we have them; else what the node said. */
function reasonInWords(reason: string): string {
  const t = getTranslator('lookingGlass');
  return isExportReason(reason) ? t(`exportReason.${reason}`) : reason;
}
