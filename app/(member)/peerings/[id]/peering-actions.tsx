'use client';

/**
 * Edit, enable, disable, approve, reject, restart, delete: what this viewer may do.
 *
 * Not standardized; design §4 "button": small things at once, deletion by typing the AS number.
 */
import { useRouter } from 'next/navigation';
import { useRef, useState } from 'react';
import { useTranslations } from 'use-intl';
import { Button, ButtonLink } from '../../../_components/button.tsx';
import { Icon } from '../../../_components/icon.tsx';
import { ProblemNote } from '../../../_components/problem-note.tsx';
import { callRest } from '../../../_components/rest.ts';
import { showToast } from '../../../_components/toast.tsx';
import type { PeeringObject, Problem } from '../../../_queries/view-models.ts';
import { DeleteDialog } from './delete-dialog.tsx';

type Props = {
  readonly peering: PeeringObject;
  readonly onChanged: (peering: PeeringObject) => void;
};
type Verb = 'enable' | 'disable' | 'restart' | 'approve';

export function PeeringActions({ peering, onChanged }: Props) {
  const t = useTranslations('peering');
  const router = useRouter();
  const dialog = useRef<HTMLDialogElement>(null);
  const [busy, setBusy] = useState<Verb>();
  const [problem, setProblem] = useState<Problem>();
  const { can, id, links } = peering;

  const act = async (verb: Verb): Promise<void> => {
    setBusy(verb);
    setProblem(undefined);
    const path =
      verb === 'approve' ? `/api/v1/admin/peerings/${id}/approve` : `${links.self}/${verb}`;
    const answer = await callRest<PeeringObject>('POST', path);
    setBusy(undefined);
    if (answer.isOk) {
      onChanged(answer.value);
      showToast(t(`done.${verb}`));
    } else setProblem(answer.problem);
  };

  return (
    <div className="ml-auto flex flex-wrap items-center justify-end gap-2 max-md:ml-0">
      {can.approve ? (
        <Button
          busy={busy === 'approve' && t('saving')}
          onClick={() => act('approve')}
          variant="primary"
        >
          {t('approve')}
        </Button>
      ) : null}
      {can.edit ? (
        <ButtonLink href={`/peerings/${id}/edit`}>
          <Icon name="edit" />
          {t('edit')}
        </ButtonLink>
      ) : null}
      {can.disable ? (
        <Button busy={busy === 'disable' && t('saving')} onClick={() => act('disable')}>
          <Icon name="pause" />
          {t('disable')}
        </Button>
      ) : null}
      {can.enable ? (
        <Button busy={busy === 'enable' && t('saving')} onClick={() => act('enable')}>
          <Icon name="play" />
          {t('enable')}
        </Button>
      ) : null}
      {can.restart || can.delete ? (
        <>
          <button
            aria-label={t('more')}
            className="grid size-9 place-items-center rounded-control border border-line-2 bg-surface hover:bg-sunken max-md:size-11"
            popoverTarget="peering-menu"
            style={{ anchorName: '--peering-menu' }}
            type="button"
          >
            <Icon name="more" />
          </button>
          <div
            className="inset-auto m-0 mt-1 w-64 rounded-card border border-line bg-raised p-1.5 shadow-float [position-area:bottom_span-left] [position-try:flip-block] supports-not-[anchor-name:--a]:top-30 supports-not-[anchor-name:--a]:right-4"
            id="peering-menu"
            popover="auto"
            style={{ positionAnchor: '--peering-menu' }}
          >
            {can.restart ? (
              <MenuItem icon="restart" onClick={() => act('restart')} word={t('restart')} />
            ) : null}
            {can.delete ? (
              <MenuItem
                icon="trash"
                isDanger
                onClick={() => dialog.current?.showModal()}
                word={t('delete')}
              />
            ) : null}
          </div>
        </>
      ) : null}
      {problem === undefined ? null : <ProblemNote problem={problem} />}
      <DeleteDialog
        onDeleted={() => {
          showToast(t('done.delete'));
          router.push('/peerings');
          router.refresh();
        }}
        peering={peering}
        ref={dialog}
      />
    </div>
  );
}

function MenuItem({
  icon,
  word,
  onClick,
  isDanger = false,
}: {
  readonly icon: 'restart' | 'trash';
  readonly word: string;
  readonly onClick: () => void;
  readonly isDanger?: boolean;
}) {
  return (
    <button
      className={
        isDanger
          ? 'flex min-h-11 w-full items-center gap-3 rounded-control px-3 text-left text-bad hover:bg-bad-soft'
          : 'flex min-h-11 w-full items-center gap-3 rounded-control px-3 text-left hover:bg-sunken'
      }
      onClick={onClick}
      popoverTarget="peering-menu"
      popoverTargetAction="hide"
      type="button"
    >
      <Icon name={icon} />
      {word}
    </button>
  );
}
