/** What to ask, which node, about what. A plain form: it works without script. */
import { buttonClass } from '../../../_components/button.tsx';
import type { LookingGlassQuery, NodeCard } from '../../../_queries/view-models.ts';
import { getTranslator } from '../../../_text/translator.ts';
import type { Question } from './question.ts';

type Props = {
  readonly asked: Question;
  readonly nodes: readonly NodeCard[];
  /** What this viewer may ask. */
  readonly queries: readonly LookingGlassQuery[];
  /** Virtual routers of the node that this viewer may ask; without any there is nothing to choose. */
  readonly vrfs: readonly string[];
};

const PART =
  'min-h-12 bg-transparent px-4 outline-none -outline-offset-4 focus-visible:outline-2 focus-visible:outline-text max-md:rounded-control max-md:border max-md:border-control max-md:bg-surface';

export function QueryBar({ asked, nodes, queries, vrfs }: Props) {
  const t = getTranslator('lookingGlass');
  // A summary needs no target, so the form offers what is asked most.
  const query = asked.query === 'summary' ? 'route' : asked.query;
  return (
    <form
      action="/lg"
      className="mt-8 flex overflow-hidden rounded-block border border-control bg-surface max-md:flex-col max-md:gap-2.5 max-md:overflow-visible max-md:border-0 max-md:bg-transparent lg:mt-10"
      method="get"
    >
      <select
        aria-label={t('query')}
        className={`${PART} font-medium md:border-line-2 md:border-r`}
        defaultValue={query}
        key={query}
        name="query"
      >
        {queries.map((each) => (
          <option key={each} value={each}>
            {t(`queryName.${each}`)}
          </option>
        ))}
      </select>
      <select
        aria-label={t('node')}
        className={`${PART} md:border-line-2 md:border-r`}
        defaultValue={asked.node}
        name="node"
      >
        {nodes.map(({ name, place }) => (
          <option key={name} value={name}>
            {place ?? name}
          </option>
        ))}
      </select>
      {vrfs.length === 0 ? null : (
        <select
          aria-label={t('vrf')}
          className={`${PART} md:border-line-2 md:border-r`}
          defaultValue={asked.vrf ?? ''}
          key={asked.vrf}
          name="vrf"
        >
          <option value="">{t('defaultVrf')}</option>
          {vrfs.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      )}
      <input
        aria-label={t('target')}
        autoCapitalize="none"
        autoComplete="off"
        autoCorrect="off"
        className={`${PART} min-w-0 flex-1 font-mono text-section placeholder:text-text-3`}
        defaultValue={asked.argument}
        key={asked.argument}
        maxLength={255}
        name="target"
        placeholder={t('targetExample')}
        spellCheck={false}
      />
      <button
        className={`${buttonClass('primary', 'large')} md:rounded-none md:border-y-0 md:border-r-0`}
        type="submit"
      >
        {t('lookUp')}
      </button>
    </form>
  );
}
