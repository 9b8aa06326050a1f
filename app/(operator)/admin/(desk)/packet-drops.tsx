/** Packets that went no further: the reason, what it means, how many. */
import type { PacketPath } from '../../../_queries/view-models.ts';
import { formatCount } from '../../../_text/format.ts';
import { isDropReason } from '../../../_text/packet-path.ts';
import { getTranslator } from '../../../_text/translator.ts';

type Props = { readonly drops: PacketPath['drops']; readonly node: string };

export function PacketDrops({ drops, node }: Props) {
  const t = getTranslator('packetPath');
  const total = drops.reduce((sum, { count }) => sum + count, 0);
  return (
    <>
      <h3 className="mt-5 font-semibold" id={`drops-${node}`}>
        {t('drops')}
        {total === 0 ? null : (
          <span className="ml-2 font-normal text-small text-text-2">
            {t('dropsSince', { count: formatCount(total) })}
          </span>
        )}
      </h3>
      {total === 0 ? (
        <p className="mt-1 text-text-2">{t('noDrops')}</p>
      ) : (
        <table aria-labelledby={`drops-${node}`} className="mt-1 w-full border-collapse text-left">
          <thead>
            <tr className="border-line-2 border-b">
              <th className="py-2 font-medium text-caption text-text-3" scope="col">
                {t('reason')}
              </th>
              <th className="py-2 pl-4 text-right font-medium text-caption text-text-3" scope="col">
                {t('packets')}
              </th>
            </tr>
          </thead>
          <tbody className="divide-y divide-line">
            {drops.map(({ reason, count }) => (
              <tr key={reason}>
                <td className="py-2 align-top">
                  {isDropReason(reason) ? (
                    <>
                      {t(`drop.${reason}.title`)}{' '}
                      <code className="ml-1 font-mono text-caption text-text-3">{reason}</code>
                      <span className="block text-small text-text-2">
                        {t(`drop.${reason}.text`)}
                      </span>
                    </>
                  ) : (
                    <code className="font-mono text-small">{reason}</code>
                  )}
                </td>
                <td className="py-2 pl-4 text-right align-top font-mono text-small">
                  {formatCount(count)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}
