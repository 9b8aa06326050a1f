/** A prefix explained: its paths, whom it is announced to and why not, what changed lately. */
import { AsBadge } from '../../../_components/as-badge.tsx';
import { type Column, DataTable } from '../../../_components/data-table.tsx';
import { StatusChip } from '../../../_components/status-chip.tsx';
import type { ExportRow, LookingGlassAnswer } from '../../../_queries/view-models.ts';
import { isExportReason } from '../../../_text/route-words.ts';
import { getTranslator } from '../../../_text/translator.ts';
import { ChangeList } from './change-list.tsx';
import { pathName } from './path-name.ts';
import { RouteAnswer } from './route-answer.tsx';
import { keyOfExport } from './row-keys.ts';

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
            ...(answer.exports.some(({ path }) => path !== null) ? [WHICH_PATH] : []),
            {
              key: 'why',
              head: t('exportWhy'),
              onPhone: 'bare',
              cell: (row) =>
                row.reason === null && row.insteadOf === null ? null : <ExportReason row={row} />,
            },
          ]}
          empty={<p>{t('noExports')}</p>}
          label={t('exports')}
          rowKey={keyOfExport}
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

/** Only where a session is told several paths, or another one than the best. */
const WHICH_PATH: Column<ExportRow> = {
  key: 'path',
  head: getTranslator('lookingGlass')('exportPath'),
  cell: ({ path }) => {
    const t = getTranslator('lookingGlass');
    if (path === null) return <span className="text-text-2">{t('exportBest')}</span>;
    const name = pathName(path.from, path.pathId);
    return path.sentId === null ? name : t('exportAsPath', { name, id: path.sentId });
  },
};

function ExportReason({ row }: { readonly row: ExportRow }) {
  const t = getTranslator('lookingGlass');
  const { reason, insteadOf } = row;
  const rule = row.rule ?? insteadOf?.rule ?? null;
  return (
    <span className="whitespace-normal">
      {insteadOf === null
        ? null
        : `${t('exportInstead', { name: pathName(insteadOf.from, insteadOf.pathId) })} `}
      {reasonInWords(reason ?? insteadOf?.reason ?? '', row)}
      {rule === null ? null : <span className="text-text-2"> ({rule})</span>}
    </span>
  );
}

/** Our own words where we have them; else what the node said. */
function reasonInWords(reason: string, { path, insteadOf }: ExportRow): string {
  const t = getTranslator('lookingGlass');
  // Said of one path of several, and not of the one in use.
  if (reason === 'split-horizon' && path !== null && insteadOf === null)
    return t('exportFromThere');
  return isExportReason(reason) ? t(`exportReason.${reason}`) : reason;
}
