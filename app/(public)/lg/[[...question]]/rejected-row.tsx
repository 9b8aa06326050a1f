/** A path that is kept but never used, and why. */

import { Prefix } from '../../../_components/prefix.tsx';
import { StateShape } from '../../../_components/state-shape.tsx';
import { withCode } from '../../../_components/with-code.tsx';
import type { RoutePath } from '../../../_queries/view-models.ts';
import { rejectionCode } from '../../../_text/rejection.ts';
import { getTranslator } from '../../../_text/translator.ts';
import { AsPath } from './as-path.tsx';
import { pathName } from './path-name.ts';

type Props = { readonly path: RoutePath; readonly isPrefixShown?: boolean };

export function RejectedRow({ path, isPrefixShown = false }: Props) {
  const t = getTranslator('lookingGlass');
  const roas = path.rejected?.roas ?? [];
  return (
    <li className="flex gap-5 border-line border-b py-4">
      <span className="mt-0.5 w-4">
        <StateShape kind="down" />
      </span>
      <div className="min-w-0 flex-1">
        <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
          {isPrefixShown ? <Prefix value={path.prefix} /> : null}
          <AsPath kind="rejected" path={path.asPath} />
          {path.neighbor === null ? null : (
            <span className="text-small text-text-2">
              {t('viaOnly', { neighbor: pathName(path.neighbor, path.pathId) })}
            </span>
          )}
          <code className="ml-auto font-mono text-caption text-text-3">{path.rejected?.code}</code>
        </div>
        <p className="mt-1.5 [overflow-wrap:anywhere]">{withCode(sentence(path))}</p>
        <p className="mt-1 text-small text-text-2 [overflow-wrap:anywhere]">
          {t('roaOfRejected', { count: roas.length })}{' '}
          {roas.map(({ prefix, maxLength, asn }) => (
            <span className="mr-3 inline-block" key={`${prefix} ${maxLength} ${asn}`}>
              <Prefix value={prefix} /> {t('maxLength', { length: maxLength })} AS{asn}
            </span>
          ))}
        </p>
      </div>
    </li>
  );
}

/** Our own words where we have them; else what the node said. */
function sentence(path: RoutePath): string {
  const t = getTranslator('rejection');
  const code = path.rejected === null ? undefined : rejectionCode(path.rejected.code);
  if (code === undefined) return path.rejected?.text ?? '';
  const named = path.rejected?.rule ?? null;
  const origin = path.asPath.at(-1);
  const allowed = [...new Set((path.rejected?.roas ?? []).map(({ asn }) => `AS${asn}`))].join(', ');
  const rule = t(`sentence.${code}`, {
    prefix: path.prefix,
    origin: origin === undefined ? '' : `AS${origin.asn}`,
    allowed: allowed === '' ? t('nobody') : allowed,
    isNamed: named === null ? 'no' : 'yes',
    rule: named ?? '',
  });
  return `${rule} ${t(`remedy.${code}`)}`;
}
