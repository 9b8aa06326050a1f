/** A prefix or an address: length and zone dim, IPv6 breaks only after colons. Design §4 "prefix". */
import { Fragment } from 'react';

export function Prefix({ value }: { readonly value: string }) {
  const [address = '', length] = value.split('/');
  const [host = '', zone] = address.split('%');
  const groups = host.split(':');
  return (
    <span className="font-mono [overflow-wrap:normal]">
      {groups.map((group, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the groups of one address never move
        <Fragment key={at}>
          {group}
          {at < groups.length - 1 ? (
            <>
              :<wbr />
            </>
          ) : null}
        </Fragment>
      ))}
      {zone === undefined ? null : <span className="text-text-2">%{zone}</span>}
      {length === undefined ? null : <span className="text-text-3">/{length}</span>}
    </span>
  );
}
