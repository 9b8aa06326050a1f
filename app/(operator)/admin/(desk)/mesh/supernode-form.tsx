'use client';

/** Running the supernode of a network here. */
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { Button } from '../../../../_components/button.tsx';
import { Field } from '../../../../_components/field.tsx';
import { LiveForm } from '../../../../_components/live-form.tsx';
import { ProblemNote } from '../../../../_components/problem-note.tsx';
import { FindingList } from './finding-list.tsx';
import { CUSTOMARY_SUPERNODE, PLACES, supernodeFieldsOf } from './mesh-values.ts';
import { useMeshChange } from './use-mesh-change.ts';

const FIELDS = ['name', 'port', 'apiPort', 'apiPrefix'] as const;

export function SupernodeForm({ node }: { readonly node: string }) {
  const t = useTranslations('meshDesk');
  const [values, setValues] = useState(CUSTOMARY_SUPERNODE);
  const change = useMeshChange(node);
  return (
    <LiveForm
      className="space-y-4"
      onSubmit={async (event) => {
        event.preventDefault();
        if (change.busy === undefined)
          await change.send({ supernode: supernodeFieldsOf(values) }, t('taken.supernode'));
      }}
      ref={change.form}
    >
      <div className="grid grid-cols-[minmax(0,1fr)] gap-x-6 gap-y-4 md:grid-cols-2">
        {FIELDS.map((field) => (
          <Field
            help={t(`supernode.help.${field}`)}
            inputMode={field === 'port' || field === 'apiPort' ? 'numeric' : 'text'}
            isFilledIn={values[field] === CUSTOMARY_SUPERNODE[field]}
            key={field}
            label={t(`supernode.label.${field}`)}
            name={field}
            note={change.noteAt(PLACES.supernode[field])}
            onChange={(value) => {
              setValues({ ...values, [field]: value });
              change.forget();
            }}
            technical
            value={values[field]}
          />
        ))}
      </div>
      <FindingList except={Object.values(PLACES.supernode)} findings={change.findings} />
      <ProblemNote problem={change.problem} />
      <Button busy={change.busy === 'send' && t('sending')} type="submit" variant="primary">
        {t('take.supernode')}
      </Button>
    </LiveForm>
  );
}
