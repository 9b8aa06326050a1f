'use client';

/** A refusal of the server where it happened: sentence, remedy, code. */
import { useTranslations } from 'use-intl';
import type { Problem } from '../_queries/view-models.ts';
import { Note } from './field.tsx';

export function ProblemNote({ problem }: { readonly problem: Problem | undefined }) {
  const t = useTranslations('failure');
  if (problem === undefined) return <div aria-live="assertive" role="alert" />;
  const isLocal = problem.code === 'OFFLINE' || problem.code === 'UNREADABLE';
  const message = isLocal ? t(problem.code as 'OFFLINE' | 'UNREADABLE') : problem.detail;
  return (
    <div aria-live="assertive" role="alert">
      <Note note={{ severity: 'error', message: message ?? problem.title, code: problem.code }} />
    </div>
  );
}
