/** The networks of a path with the cable between them: yellow in use, grey known, dashed rejected. */
import { Fragment } from 'react';
import type { Network } from '../../../_queries/view-models.ts';
import { asnParts } from '../../../_text/format.ts';

const LINE = {
  used: 'border-y border-accent-edge bg-accent h-[5px]',
  known: 'border-t-2 border-control',
  rejected: 'border-t-2 border-bad border-dashed',
} as const;

type Props = { readonly path: readonly Network[]; readonly kind: keyof typeof LINE };

export function AsPath({ path, kind }: Props) {
  return (
    <span className="inline-flex flex-wrap items-center gap-x-2 gap-y-1">
      {path.map(({ asn, name }, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: an AS may stand in a path more than once
        <Fragment key={at}>
          {at === 0 ? null : <span aria-hidden="true" className={`block w-5 ${LINE[kind]}`} />}
          <span className="whitespace-nowrap" title={`AS${asn}`}>
            <span className="font-mono font-semibold text-small">{asnParts(asn).own}</span>
            {name === null ? null : <span className="ml-1.5 text-text-2">{name}</span>}
          </span>
        </Fragment>
      ))}
    </span>
  );
}
