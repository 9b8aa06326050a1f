'use client';

/** Takes an edge out of the supernode's list after a second press. */
import { useRouter } from 'next/navigation';
import { useEffect, useState } from 'react';
import { useTranslations } from 'use-intl';
import { Button } from '../../../../_components/button.tsx';
import { callRest } from '../../../../_components/rest.ts';
import { showToast } from '../../../../_components/toast.tsx';

const SURE_MS = 5_000;

type Props = { readonly node: string; readonly number: number; readonly name: string };

export function RemoveEdge({ node, number, name }: Props) {
  const t = useTranslations('meshDesk');
  const router = useRouter();
  const [isAsked, setAsked] = useState(false);
  const [isBusy, setBusy] = useState(false);
  useEffect(() => {
    if (!isAsked) return;
    const timer = setTimeout(() => setAsked(false), SURE_MS);
    return () => clearTimeout(timer);
  }, [isAsked]);

  const remove = async (): Promise<void> => {
    if (!isAsked) {
      setAsked(true);
      return;
    }
    setAsked(false);
    setBusy(true);
    const answer = await callRest(
      'DELETE',
      `/api/v1/admin/nodes/${encodeURIComponent(node)}/mesh/edges/${number}`,
    );
    setBusy(false);
    if (answer.isOk) router.refresh();
    showToast(
      answer.isOk ? t('removed', { name }) : (answer.problem.detail ?? answer.problem.title),
    );
  };
  return (
    <Button
      aria-label={t(isAsked ? 'removeSureOf' : 'removeOf', { name })}
      busy={isBusy && t('removing')}
      onClick={remove}
      size="small"
      variant={isAsked ? 'danger' : 'quiet'}
    >
      {t(isAsked ? 'removeSure' : 'remove')}
    </Button>
  );
}
