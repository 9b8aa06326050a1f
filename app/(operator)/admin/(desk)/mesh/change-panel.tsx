'use client';

/** What is in force as a file that can be changed, and the way out. */
import { useRef, useState } from 'react';
import { useTranslations } from 'use-intl';
import { Button } from '../../../../_components/button.tsx';
import { Icon } from '../../../../_components/icon.tsx';
import { FileForm } from './file-form.tsx';
import { LeaveDialog } from './leave-dialog.tsx';

type Props = {
  readonly node: string;
  readonly instance: 'edge' | 'supernode';
  readonly text: string;
};

export function ChangePanel({ node, instance, text }: Props) {
  const t = useTranslations('meshDesk');
  const dialog = useRef<HTMLDialogElement>(null);
  const [isOpen, setOpen] = useState(false);
  return (
    <div className="space-y-4">
      <div className="flex flex-wrap gap-2">
        <Button aria-expanded={isOpen} onClick={() => setOpen(!isOpen)} size="small">
          <Icon name="edit" />
          {t('change')}
        </Button>
        <Button onClick={() => dialog.current?.showModal()} size="small" variant="danger">
          <Icon name="leave" />
          {t(`leave.${instance}`)}
        </Button>
      </div>
      {isOpen ? (
        <div className="max-w-220 rounded-card border border-line bg-surface p-4 md:p-6">
          <FileForm
            help={t('fileHelp.change')}
            instance={instance}
            node={node}
            onDone={() => setOpen(false)}
            text={text}
          />
        </div>
      ) : null}
      <LeaveDialog instance={instance} node={node} ref={dialog} />
    </div>
  );
}
