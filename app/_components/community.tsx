/** A community in two halves: the value, and what it means in words. Design §4 "community". */
import { type CommunityMeaning, meaningOfCommunity } from '../_text/communities.ts';
import { countryName } from '../_text/countries.ts';
import { getTranslator, LANGUAGE } from '../_text/translator.ts';

type Props = { readonly value: string; readonly ourAsn: number };

export function Community({ value, ourAsn }: Props) {
  const meaning = meaningOfCommunity(value, ourAsn);
  return (
    <span className="inline-flex max-w-full overflow-hidden rounded-chip border border-line-2 text-caption leading-5">
      <span className="bg-sunken px-1.5 font-mono text-text-2">{value}</span>
      {meaning === undefined ? null : (
        <span className="border-line-2 border-l bg-surface px-1.5">{words(meaning)}</span>
      )}
    </span>
  );
}

function words(meaning: CommunityMeaning): string {
  const t = getTranslator('community');
  switch (meaning.kind) {
    case 'latency':
      return t(meaning.over ? 'latencyOver' : 'latency', { bound: meaning.bound });
    case 'bandwidth':
      return t('bandwidth', { bound: meaning.bound });
    case 'encryption':
      return t(`encryption.${meaning.level}`);
    case 'link':
      return t(`link.${meaning.type}`);
    case 'loss':
      return t(`loss.${meaning.level}`);
    case 'region':
      return t(`region.${meaning.region}`);
    case 'country':
      return countryName(meaning.alpha2, LANGUAGE);
    case 'wellKnown':
      return t(`wellKnown.${meaning.name}`);
    case 'learntFrom':
      return t(`learntFrom.${meaning.relation}`);
  }
}
