/**
 * Configurations of real peers for the interop suite, as small as they can be.
 *
 * @module
 */

export const BIRD_COMMON = `log stderr all;
protocol device { scan time 2; }
protocol kernel k4 { scan time 2; ipv4 { import none; export where source != RTS_STATIC; }; }
protocol kernel k6 { scan time 2; ipv6 { import none; export where source != RTS_STATIC; }; }
`;

export type BirdOptions = {
  readonly asn: number;
  readonly routerId: string;
  readonly ipv4: readonly string[];
  readonly ipv6: readonly string[];
  readonly sessions: string;
};

export const birdConfig = ({
  asn,
  routerId,
  ipv4,
  ipv6,
  sessions,
}: BirdOptions): string => `${BIRD_COMMON}
router id ${routerId};
protocol static own4 { ${ipv4.map((prefix) => `route ${prefix} reject;`).join(' ')} ipv4 { import all; export none; }; }
protocol static own6 { ${ipv6.map((prefix) => `route ${prefix} reject;`).join(' ')} ipv6 { import all; export none; }; }
template bgp peers { local as ${asn}; hold time 90; ipv4 { import all; export where source ~ [RTS_STATIC, RTS_BGP]; extended next hop on; }; ipv6 { import all; export where source ~ [RTS_STATIC, RTS_BGP]; }; }
${sessions}
`;

export type FrrOptions = {
  readonly asn: number;
  readonly routerId: string;
  readonly device: string;
  readonly neighbor: string;
  readonly neighborAsn: number;
  readonly ipv4: readonly string[];
  readonly ipv6: readonly string[];
  /** More lines of the router, and of the neighbor: `neighbor fe80::6000 bfd`. */
  readonly lines?: readonly string[];
};

export const frrConfig = (options: FrrOptions): string => `router bgp ${options.asn}
 bgp router-id ${options.routerId}
 no bgp ebgp-requires-policy
 no bgp default ipv4-unicast
 no bgp network import-check
 neighbor ${options.neighbor} remote-as ${options.neighborAsn}
 neighbor ${options.neighbor} interface ${options.device}
 neighbor ${options.neighbor} capability extended-nexthop
${(options.lines ?? []).map((line) => ` ${line}\n`).join('')} address-family ipv4 unicast
${options.ipv4.map((prefix) => `  network ${prefix}\n`).join('')}  neighbor ${options.neighbor} activate
 exit-address-family
 address-family ipv6 unicast
${options.ipv6.map((prefix) => `  network ${prefix}\n`).join('')}  neighbor ${options.neighbor} activate
 exit-address-family
exit
`;
