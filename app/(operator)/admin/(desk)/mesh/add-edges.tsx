'use client';

/** Adds edges to the supernode of this node; their files are shown once, with what to do with them. */
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { Button } from '../../../../_components/button.tsx';
import { CodeBlock } from '../../../../_components/code-block.tsx';
import { Field } from '../../../../_components/field.tsx';
import { LiveForm } from '../../../../_components/live-form.tsx';
import { ProblemNote } from '../../../../_components/problem-note.tsx';
import { callRest } from '../../../../_components/rest.ts';
import { withCode } from '../../../../_components/with-code.tsx';
import type { NewMeshEdge, Problem } from '../../../../_queries/view-models.ts';

const FIELDS = ['count', 'name', 'host', 'ipv4', 'ipv6'] as const;
type FieldName = (typeof FIELDS)[number];
const EXAMPLES: Partial<Record<FieldName, string>> = {
  ipv4: '192.168.76.0/24',
  ipv6: 'fd95:71cb:a3df:e586::/64',
};

type Props = {
  readonly node: string;
  /** What edges are told of where this node is. */
  readonly endpoint: string | null;
};

export function AddEdges({ node, endpoint }: Props) {
  const t = useTranslations('meshDesk');
  const router = useRouter();
  const [values, setValues] = useState<Record<FieldName, string>>({
    count: '1',
    name: 'edge',
    host: endpoint ?? '',
    ipv4: '',
    ipv6: '',
  });
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const [edges, setEdges] = useState<readonly NewMeshEdge[]>([]);
  const wrong = problem?.errors?.filter(({ path }) => FIELDS.some((field) => field === path)) ?? [];

  const add = async (): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    const { count, name, host, ipv4, ipv6 } = values;
    const answer = await callRest<{ readonly edges: readonly NewMeshEdge[] }>(
      'POST',
      `/api/v1/admin/nodes/${encodeURIComponent(node)}/mesh/edges`,
      {
        body: {
          count: Number(count),
          name: name.trim(),
          host: host.trim() || null,
          ipv4: ipv4.trim() || null,
          ipv6: ipv6.trim() || null,
        },
      },
    );
    setBusy(false);
    if (!answer.isOk) {
      setProblem(answer.problem);
      return;
    }
    setEdges(answer.value.edges);
    router.refresh();
  };

  return (
    <div className="max-w-220 space-y-4 rounded-card border border-line bg-surface p-4 md:p-6">
      <LiveForm
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (!isBusy) add();
        }}
      >
        <h3 className="font-semibold text-section">{t('addTitle')}</h3>
        <div className="grid grid-cols-[minmax(0,1fr)] gap-x-6 gap-y-4 md:grid-cols-2">
          {FIELDS.map((field) => {
            const found = wrong.find(({ path }) => path === field);
            return (
              <Field
                help={t(`add.help.${field}`)}
                inputMode={field === 'count' ? 'numeric' : 'text'}
                isOptional={field === 'ipv4' || field === 'ipv6'}
                key={field}
                label={t(`add.label.${field}`)}
                name={field}
                note={found === undefined ? undefined : { ...found, severity: 'error' }}
                onChange={(value) => {
                  setValues({ ...values, [field]: value });
                  setProblem(undefined);
                }}
                placeholder={EXAMPLES[field] ?? ''}
                technical
                value={values[field]}
              />
            );
          })}
        </div>
        <ProblemNote problem={wrong.length === 0 ? problem : undefined} />
        <Button busy={isBusy && t('adding')} type="submit">
          {t('add.submit')}
        </Button>
      </LiveForm>
      {edges.length === 0 ? null : (
        <section aria-label={t('onceTitle')} className="space-y-4 border-line border-t pt-4">
          <div>
            <h3 className="font-semibold text-section">{t('onceTitle')}</h3>
            <p className="text-text-2">{withCode(t('onceText'))}</p>
          </div>
          {edges.map(({ node: number, name, text }) => (
            <CodeBlock
              head={<code className="font-mono text-small">{`${name}.yaml`}</code>}
              key={number}
              text={text}
              what={`${name}.yaml`}
            />
          ))}
          <Button onClick={() => setEdges([])} size="small" variant="quiet">
            {t('onceDone')}
          </Button>
        </section>
      )}
    </div>
  );
}
