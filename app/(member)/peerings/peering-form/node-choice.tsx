'use client';

/** Which node; with a single one only its name stands here. */
import { useTranslations } from 'use-intl';
import { ChoiceList } from '../../../_components/choice.tsx';
import { Note } from '../../../_components/field.tsx';
import type { NodeCard } from '../../../_queries/view-models.ts';
import type { PeeringFormState } from './use-peering-form.ts';

type Props = { readonly form: PeeringFormState; readonly nodes: readonly NodeCard[] };

export function NodeChoice({ form, nodes }: Props) {
  const t = useTranslations('form');
  const note = form.noteOf('node');
  return (
    <section className="border-line-2 border-t py-7">
      <h2 className="mb-4 font-semibold text-section">{t('node')}</h2>
      <ChoiceList
        choices={nodes.map((node) => ({
          value: node.name,
          title: (
            <>
              {node.place ?? node.name}
              {node.country === null ? null : (
                <span className="ml-1.5 font-normal text-text-3">{node.country}</span>
              )}
            </>
          ),
          text: node.isOpen ? undefined : (node.closedReason ?? t('nodeClosed')),
          aside: (
            <span className="font-mono text-small text-text-2">
              {node.places.limit === null
                ? t('taken', { taken: node.places.taken })
                : t('takenOf', { taken: node.places.taken, limit: node.places.limit })}
            </span>
          ),
          isOff: !node.isOpen,
        }))}
        isLegendHidden
        legend={t('node')}
        name="node"
        onChange={(node) => form.change({ node })}
        value={form.values.node}
      />
      {note === undefined ? null : <Note note={note} />}
    </section>
  );
}
