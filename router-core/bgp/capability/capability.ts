/**
 * What a speaker can do beyond RFC 4271, as values.
 *
 * Standard: RFC 5492 §4 (code, length, value). The formats stand in table.ts, one row each.
 *
 * Families are kept as AFI and SAFI: an OPEN may name families we do not speak.
 *
 * @module
 */

/** An address family on the wire. */
export type AfiSafi = { readonly afi: number; readonly safi: number };

export type Capability =
  | ({ readonly kind: 'multiprotocol' } & AfiSafi)
  | { readonly kind: 'route-refresh' }
  | {
      readonly kind: 'extended-next-hop';
      readonly tuples: readonly (AfiSafi & { readonly nextHopAfi: number })[];
    }
  | { readonly kind: 'extended-message' }
  /** 0 provider, 1 RS, 2 RS-client, 3 customer, 4 peer (RFC 9234 §4.1). */
  | { readonly kind: 'role'; readonly role: number }
  | {
      readonly kind: 'graceful-restart';
      readonly restarting: boolean;
      readonly notification: boolean;
      readonly restartTime: number;
      readonly families: readonly (AfiSafi & { readonly forwarding: boolean })[];
    }
  | { readonly kind: 'four-octet-as'; readonly asn: number }
  /** Mode: 1 receive, 2 send, 3 both (RFC 7911 §4). */
  | {
      readonly kind: 'add-path';
      readonly families: readonly (AfiSafi & { readonly mode: number })[];
    }
  | { readonly kind: 'enhanced-route-refresh' }
  | {
      readonly kind: 'long-lived-graceful-restart';
      readonly families: readonly (AfiSafi & {
        readonly forwarding: boolean;
        readonly staleTime: number;
      })[];
    }
  | { readonly kind: 'fqdn'; readonly hostname: string; readonly domain: string }
  | { readonly kind: 'software-version'; readonly version: string }
  /** A code without a row, or a value its row could not read. */
  | { readonly kind: 'unknown'; readonly code: number; readonly value: Uint8Array };

export type AddPathCapability = CapabilityOf<'add-path'>;

export type CapabilityKind = Capability['kind'];
export type CapabilityOf<Kind extends CapabilityKind> = Extract<
  Capability,
  { readonly kind: Kind }
>;
