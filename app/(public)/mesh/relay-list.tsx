/** Who carries packets of others: by the tables, and as our own node has counted. */
import type { MeshObject } from '../../_queries/view-models.ts';
import { formatBytes } from '../../_text/format.ts';
import { getTranslator } from '../../_text/translator.ts';
import { type Names, pairsText } from './mesh-words.ts';

/** The page is about ways, not about all of them. */
const SHOWN = 8;

type Props = { readonly mesh: MeshObject; readonly names: Names };

export function RelayList({ mesh, names }: Props) {
  const t = getTranslator('mesh');
  const relays = mesh.nodes
    .filter(({ relays }) => relays.length > 0)
    .toSorted((a, b) => b.relays.length - a.relays.length);
  return (
    <section aria-labelledby="relays">
      <div className="mb-2 flex flex-wrap items-baseline justify-between gap-x-4 border-line-2 border-b pb-2">
        <h2 className="font-semibold text-section" id="relays">
          {t('relays.title')}
        </h2>
        <span className="text-small text-text-2">{t('relays.note')}</span>
      </div>
      {relays.length === 0 ? <p className="text-text-2">{t('relays.none')}</p> : null}
      <ul className="divide-y divide-line">
        {relays.slice(0, SHOWN).map(({ number, relays: pairs }) => (
          <li className="grid grid-cols-[minmax(0,1fr)_auto] gap-x-4 py-2" key={number}>
            <span className="font-medium">{names(number)}</span>
            <span className="font-mono">{t('relays.count', { count: pairs.length })}</span>
            <span className="text-small text-text-2">{pairsText(pairs, names)}</span>
          </li>
        ))}
      </ul>
      {relays.length <= SHOWN ? null : (
        <p className="border-line border-t py-2 text-small text-text-2">
          {t('relays.more', { count: relays.length - SHOWN })}
        </p>
      )}
      <Counted mesh={mesh} names={names} />
    </section>
  );
}

function Counted({ mesh, names }: Props) {
  const t = getTranslator('mesh');
  const ours = mesh.nodes.find(({ isOurs }) => isOurs);
  const counted = mesh.links.flatMap(({ own }) =>
    own === null || own.relayedFrames === 0 ? [] : [own],
  );
  if (ours === undefined || counted.length === 0) return null;
  const list = counted
    .map(({ neighbor, relayedFrames, relayedBytes }) =>
      t('relays.to', {
        frames: relayedFrames,
        octets: formatBytes(relayedBytes),
        node: names(neighbor),
      }),
    )
    .join('; ');
  return (
    <p className="mt-2 text-small text-text-2">
      {t('relays.passedOn', { node: names(ours.number), list })}
    </p>
  );
}
