'use client';

/** What was found in a file, worst first: sentence, place, code. */
import { useTranslations } from 'use-intl';
import { Note } from '../../../../_components/field.tsx';
import type { MeshFindingObject } from '../../../../_queries/view-models.ts';

const SHOWN = 12;

type Props = {
  readonly findings: readonly MeshFindingObject[] | null;
  /** Places that have a field of their own, which says it. */
  readonly except?: readonly string[];
};

export function FindingList({ findings, except = [] }: Props) {
  const t = useTranslations('meshDesk');
  if (findings === null) return <div aria-live="polite" />;
  const others = findings
    .filter(({ path }) => !except.includes(path))
    .sort((a, b) => (a.severity < b.severity ? -1 : 1));
  return (
    <div aria-live="polite">
      {findings.some(({ severity }) => severity === 'error') ? null : (
        <Note note={{ severity: 'right', message: t('nothingWrong') }} />
      )}
      {others.slice(0, SHOWN).map((finding) => (
        <Note
          key={`${finding.path} ${finding.code} ${finding.message}`}
          note={
            finding.place === undefined
              ? finding
              : {
                  ...finding,
                  message: t('atPlace', { place: finding.place, message: finding.message }),
                }
          }
        />
      ))}
      {others.length > SHOWN ? (
        <p className="mt-1.5 text-small text-text-2">
          {t('moreFindings', { count: others.length - SHOWN })}
        </p>
      ) : null}
    </div>
  );
}
