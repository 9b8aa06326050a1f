/** The head of a part: what it is, whether it runs, and why not. */
import { Banner } from '../../../../_components/banner.tsx';
import { type ChipKind, StatusChip } from '../../../../_components/status-chip.tsx';
import type { MeshSettingsObject } from '../../../../_queries/view-models.ts';
import { getTranslator } from '../../../../_text/translator.ts';

type Part = NonNullable<MeshSettingsObject['edge'] | MeshSettingsObject['supernode']>;
type State = 'running' | 'not-running' | 'as-before' | 'unknown';

const CHIP: Record<State, ChipKind> = {
  running: 'ok',
  'not-running': 'down',
  'as-before': 'warn',
  unknown: 'waiting',
};

type Props = {
  readonly instance: 'edge' | 'supernode';
  readonly part: Part;
  readonly id: string;
};

export function PartHead({ instance, part, id }: Props) {
  const t = getTranslator('meshDesk');
  const state = stateOf(part);
  const { problem } = part;
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center gap-3">
        <h2 className="font-semibold text-section" id={id}>
          {t(instance === 'edge' ? 'edge' : 'supernodeTitle')}
        </h2>
        <StatusChip kind={CHIP[state]}>{t(`is.${state}`)}</StatusChip>
      </div>
      {problem === null ? null : (
        <div className="mb-4 max-w-220">
          <Banner
            code={problem.code}
            fact={t(state === 'as-before' ? 'asBefore' : `problem.${instance}`)}
            rest={<span className="[overflow-wrap:anywhere]">{problem.message}</span>}
            severity={state === 'as-before' ? 'warn' : 'bad'}
          />
        </div>
      )}
      {state === 'unknown' ? <p className="mb-4 text-text-2">{t('unknownText')}</p> : null}
    </>
  );
}

function stateOf({ status, problem }: Part): State {
  if (status === null) return problem === null ? 'unknown' : 'not-running';
  return problem === null ? 'running' : 'as-before';
}
