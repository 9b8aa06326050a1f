'use client';

/** Joining a network by its supernode, value by value. */
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { Button } from '../../../../_components/button.tsx';
import { Field } from '../../../../_components/field.tsx';
import { LiveForm } from '../../../../_components/live-form.tsx';
import { ProblemNote } from '../../../../_components/problem-note.tsx';
import { FindingList } from './finding-list.tsx';
import { EMPTY_JOIN, edgeFieldsOf, type JoinValues, PLACES } from './mesh-values.ts';
import { useMeshChange } from './use-mesh-change.ts';

const EXAMPLES: Partial<JoinValues> = {
  endpointV4: '198.51.100.1:3456',
  endpointV6: '[2001:db8::1]:3456',
  apiUrl: 'http://198.51.100.1:3456/eg_net/eg_api',
  number: '7',
  ipv4: '192.168.76.0/24',
  ipv6: 'fd95:71cb:a3df:e586::/64',
  macPrefix: '02:42:AC:10',
};
const GROUPS = [
  [
    'supernode',
    ['endpointV4', 'publicKeyV4', 'endpointV6', 'publicKeyV6', 'apiUrl', 'presharedKey'],
  ],
  ['self', ['number', 'name', 'ipv4', 'ipv6', 'macPrefix']],
] as const;
const NEEDED: readonly string[] = ['apiUrl', 'number', 'name'];

export function JoinForm({ node }: { readonly node: string }) {
  const t = useTranslations('meshDesk');
  const [values, setValues] = useState<JoinValues>({ ...EMPTY_JOIN, name: node });
  const change = useMeshChange(node);
  const body = () => ({ edge: edgeFieldsOf(values, crypto.getRandomValues(new Uint8Array(4))) });
  return (
    <LiveForm
      className="space-y-6"
      onSubmit={async (event) => {
        event.preventDefault();
        if (change.busy === undefined) await change.send(body(), t('taken.edge'));
      }}
      ref={change.form}
    >
      {GROUPS.map(([group, fields]) => (
        <fieldset className="min-w-0" key={group}>
          <legend className="mb-3 font-semibold text-section">{t(`join.${group}`)}</legend>
          <div className="grid grid-cols-[minmax(0,1fr)] gap-x-6 gap-y-4 md:grid-cols-2">
            {fields.map((field) => (
              <Field
                help={t(`join.help.${field}`)}
                isOptional={!NEEDED.includes(field)}
                key={field}
                label={t(`join.label.${field}`)}
                name={field}
                note={change.noteAt(PLACES.join[field])}
                onChange={(value) => {
                  setValues({ ...values, [field]: value });
                  change.forget();
                }}
                placeholder={EXAMPLES[field] ?? ''}
                technical
                type={field === 'presharedKey' ? 'password' : 'text'}
                value={values[field]}
              />
            ))}
          </div>
        </fieldset>
      ))}
      <FindingList except={Object.values(PLACES.join)} findings={change.findings} />
      <ProblemNote problem={change.problem} />
      <div className="flex flex-wrap gap-2">
        <Button busy={change.busy === 'send' && t('sending')} type="submit" variant="primary">
          {t('take.edge')}
        </Button>
        <Button
          busy={change.busy === 'check' && t('checking')}
          onClick={() => change.check(body())}
        >
          {t('check')}
        </Button>
      </div>
    </LiveForm>
  );
}
