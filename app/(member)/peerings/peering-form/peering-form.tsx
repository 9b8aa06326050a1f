'use client';

import { useRouter } from 'next/navigation';
import { type KeyboardEvent, useRef, useState } from 'react';
import { useTranslations } from 'use-intl';
import { Button } from '../../../_components/button.tsx';
import { focusFirstWrong } from '../../../_components/focus-first-wrong.ts';
/**
 * The form of a peering, new or to edit: two things to type, the rest is filled in.
 *
 * Not standardized; design §7 "new peering". Left the fields, right what will be pasted.
 */
import { LiveForm } from '../../../_components/live-form.tsx';
import { ProblemNote } from '../../../_components/problem-note.tsx';
import { callRest } from '../../../_components/rest.ts';
import { StateShape } from '../../../_components/state-shape.tsx';
import { showToast } from '../../../_components/toast.tsx';
import type { NewPeeringView, PeeringObject, Problem } from '../../../_queries/view-models.ts';
import { BgpFields } from './bgp-fields.tsx';
import { DisguiseFields } from './disguise-fields.tsx';
import { FormPreview } from './form-preview.tsx';
import {
  changesOf,
  emptyValues,
  type FormActor,
  inputOf,
  previewOf,
  restartsSession,
  valuesOf,
} from './form-values.ts';
import { MoreFields } from './more-fields.tsx';
import { NodeChoice } from './node-choice.tsx';
import { TunnelFields } from './tunnel-fields.tsx';
import { usePeeringForm } from './use-peering-form.ts';

type Props = {
  readonly view: NewPeeringView;
  readonly actor: FormActor;
  /** Absent: a new one. */
  readonly peering?: PeeringObject;
};

export function PeeringForm({ view, actor, peering }: Props) {
  const t = useTranslations('form');
  const router = useRouter();
  const frame = useRef<HTMLFormElement>(null);
  const [problem, setProblem] = useState<Problem>();
  const [isBusy, setBusy] = useState(false);
  const initial = peering === undefined ? emptyValues(view, actor) : valuesOf(peering, actor);
  const form = usePeeringForm({ initial, view, actor, checksOnServer: peering === undefined });
  const { values } = form;
  const node = view.nodes.find(({ name }) => name === values.node);
  const files = previewOf(values, view, form.findings, peering);

  const submit = async (): Promise<void> => {
    if (isBusy) return;
    setProblem(undefined);
    if (form.showAll().length > 0) {
      focusFirstWrong(frame.current);
      return;
    }
    setBusy(true);
    const answer = await callRest<PeeringObject>(
      peering === undefined ? 'POST' : 'PATCH',
      peering === undefined ? '/api/v1/peerings' : peering.links.self,
      {
        body: (peering === undefined ? inputOf : changesOf)(values, view.network.asn),
        ...(peering === undefined ? {} : { revision: peering.revision }),
      },
    );
    if (answer.isOk) {
      showToast(t(peering === undefined ? 'created' : 'saved'));
      router.push(`/peerings/${answer.value.id}`);
      router.refresh();
      return;
    }
    setBusy(false);
    const errors = answer.problem.errors ?? [];
    form.takeServerFindings(errors);
    if (errors.length === 0) setProblem(answer.problem);
    else focusFirstWrong(frame.current);
  };

  const submitByKey = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    submit();
  };

  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-x-12 gap-y-10 lg:grid-cols-[minmax(0,606px)_minmax(0,1fr)]">
      <LiveForm
        noValidate
        onKeyDown={submitByKey}
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
        ref={frame}
      >
        {peering === undefined ? <NodeChoice form={form} nodes={view.nodes} /> : null}
        <TunnelFields
          form={form}
          hadPresharedKey={peering?.hasPresharedKey === true}
          needsEndpoint={node?.ours.endpoint === null}
        />
        <BgpFields form={form} ourLinkLocal={node?.ours.linkLocal ?? ''} />
        {actor === 'operator' ? (
          <DisguiseFields
            form={form}
            ofPort={(peering?.disguise.ofPort ?? view.portDisguises[values.node])?.kind ?? 'none'}
          />
        ) : null}
        <MoreFields form={form} isOperator={actor === 'operator'} />
        <ProblemNote problem={problem} />
        <div className="mt-6 flex flex-wrap items-center gap-x-4 gap-y-2">
          <Button
            busy={isBusy && t('saving')}
            className="max-md:w-full"
            size="large"
            type="submit"
            variant="primary"
          >
            {t(peering === undefined ? 'create' : 'save')}
          </Button>
          <p className="text-small text-text-2">
            {peering === undefined
              ? t(node?.approval === 'manual' ? 'afterLook' : 'atOnce', {
                  node: node?.place ?? node?.name ?? '',
                })
              : restartsSession(initial, values)
                ? t('restarts')
                : t(initial.options === values.options ? 'inPlace' : 'mayRestart')}
          </p>
          <p aria-live="polite" className="ml-auto text-small">
            {form.errorCount === 0 ? null : (
              <span className="flex items-center gap-2 text-bad">
                <StateShape kind="down" size={12} />
                {t('toCorrect', { count: form.errorCount })}
              </span>
            )}
          </p>
        </div>
      </LiveForm>
      <FormPreview files={files} network={view.network} node={node} />
    </div>
  );
}
