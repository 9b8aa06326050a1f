/** An AS number whose common digits are dim, then the network's name. Design §4 "AS badge". */
import { asnParts } from '../_text/format.ts';

type Props = { readonly asn: number; readonly name?: string | null };

export function AsBadge({ asn, name }: Props) {
  const { same, own } = asnParts(asn);
  return (
    <span className="whitespace-nowrap">
      <span className="font-mono text-[0.93em]">
        <span className="text-text-3">{same}</span>
        <span className="font-semibold">{own}</span>
      </span>
      {name ? <span> {name}</span> : null}
    </span>
  );
}
