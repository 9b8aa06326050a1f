'use client';

/** What only operators see of a peering. */
import { useTranslations } from 'use-intl';
import { CodeBlock } from '../../../_components/code-block.tsx';
import { KeyValueList } from '../../../_components/key-value-list.tsx';
import type { PeeringObject } from '../../../_queries/view-models.ts';

type Props = { readonly admin: NonNullable<PeeringObject['admin']> };

export function AdminFacts({ admin }: Props) {
  const t = useTranslations('peering');
  return (
    <section aria-labelledby="for-operator">
      <h2 className="mb-1 font-semibold text-section" id="for-operator">
        {t('adminTitle')}
      </h2>
      <KeyValueList
        rows={[
          { label: t('requestedBy'), value: admin.requestedBy },
          { label: t('contact'), value: admin.contact ?? t('none') },
          { label: t('remark'), value: admin.remark ?? t('none') },
          ...(admin.approvalReasons.length === 0
            ? []
            : [{ label: t('why'), value: admin.approvalReasons.join('; ') }]),
        ]}
      />
      {admin.optionsText === '' ? null : (
        <div className="mt-5">
          <h3 className="font-medium">{t('options')}</h3>
          <p className="mt-0.5 mb-2.5 text-small text-text-2">{t('optionsText')}</p>
          <CodeBlock text={admin.optionsText} what={t('options')} />
        </div>
      )}
    </section>
  );
}
