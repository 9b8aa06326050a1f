'use client';

/** Ends the router worker after a second press; the supervisor starts it again. */
import { useRouter } from 'next/navigation';
import { useEffect, useState } from 'react';
import { useTranslations } from 'use-intl';
import { Button } from '../../../_components/button.tsx';
import { Icon } from '../../../_components/icon.tsx';
import { ProblemNote } from '../../../_components/problem-note.tsx';
import { callRest } from '../../../_components/rest.ts';
import { showToast } from '../../../_components/toast.tsx';
import type { Problem } from '../../../_queries/view-models.ts';

const SURE_MS = 5_000;

export function RestartRouter({ node }: { readonly node: string }) {
  const t = useTranslations('operator');
  const router = useRouter();
  const [isAsked, setAsked] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  useEffect(() => {
    if (!isAsked) return;
    const timer = setTimeout(() => setAsked(false), SURE_MS);
    return () => clearTimeout(timer);
  }, [isAsked]);

  const restart = async (): Promise<void> => {
    if (!isAsked) {
      setAsked(true);
      return;
    }
    setAsked(false);
    setBusy(true);
    setProblem(undefined);
    const answer = await callRest(
      'POST',
      `/api/v1/admin/nodes/${encodeURIComponent(node)}/restart`,
    );
    setBusy(false);
    if (answer.isOk) {
      showToast(t('restarted', { node }));
      router.refresh();
    } else setProblem(answer.problem);
  };
  return (
    <>
      <Button
        busy={isBusy && t('restarting')}
        className="min-w-44"
        onClick={restart}
        size="small"
        variant={isAsked ? 'danger' : 'plain'}
      >
        <Icon name="restart" />
        {t(isAsked ? 'restartSure' : 'restartRouter')}
      </Button>
      {problem === undefined ? null : <ProblemNote problem={problem} />}
    </>
  );
}
