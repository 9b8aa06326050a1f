/**
 * The forms of the mesh as plain values, and the fields of EtherGuard's files they become. Pure; the forms only draw.
 *
 * Not standardized; what no form asks for is as in the original's sample.
 *
 * @module
 */
import { EDGE_SAMPLE, type MeshFields, SUPER_SAMPLE } from '../../../../../router-core/index.ts';

/** As typed. */
export type JoinValues = {
  readonly endpointV4: string;
  readonly publicKeyV4: string;
  readonly endpointV6: string;
  readonly publicKeyV6: string;
  readonly apiUrl: string;
  readonly presharedKey: string;
  readonly number: string;
  readonly name: string;
  readonly ipv4: string;
  readonly ipv6: string;
  /** Empty: a random one. */
  readonly macPrefix: string;
};

type SupernodeValues = {
  readonly name: string;
  readonly port: string;
  readonly apiPort: string;
  readonly apiPrefix: string;
};

export const EMPTY_JOIN: JoinValues = {
  endpointV4: '',
  publicKeyV4: '',
  endpointV6: '',
  publicKeyV6: '',
  apiUrl: '',
  presharedKey: '',
  number: '',
  name: '',
  ipv4: '',
  ipv6: '',
  macPrefix: '',
};

export const CUSTOMARY_SUPERNODE: SupernodeValues = {
  name: 'supernode',
  port: '3456',
  apiPort: '3456',
  apiPrefix: '/eg_net/eg_api',
};

const LINK_LOCAL = 'fe80::/64';

/** Returns an edge's fields. @param octets four random ones, for a prefix of MAC addresses */
export function edgeFieldsOf(values: JoinValues, octets: Uint8Array): MeshFields {
  const typed = trimmed(values);
  const { PrivKey: _made, ...sample } = EDGE_SAMPLE;
  const { DynamicRoute, Interface } = sample;
  return {
    ...sample,
    NodeID: typed.number,
    NodeName: typed.name,
    Interface: {
      ...Interface,
      IType: 'router',
      MacAddrPrefix: typed.macPrefix || macPrefixOf(octets),
      IPv4CIDR: typed.ipv4,
      IPv6CIDR: typed.ipv6,
      IPv6LLPrefix: LINK_LOCAL,
    },
    DynamicRoute: {
      ...DynamicRoute,
      SuperNode: {
        ...DynamicRoute.SuperNode,
        PSKey: typed.presharedKey,
        EndpointV4: typed.endpointV4,
        PubKeyV4: typed.publicKeyV4,
        EndpointV6: typed.endpointV6,
        PubKeyV6: typed.publicKeyV6,
        EndpointEdgeAPIUrl: typed.apiUrl,
      },
    },
  };
}

/** Returns a supernode's fields, without edges. Nobody manages it over HTTP: this page does. */
export function supernodeFieldsOf(values: SupernodeValues): MeshFields {
  const { name, port, apiPort, apiPrefix } = trimmed(values);
  const { PrivKeyV4: _v4, PrivKeyV6: _v6, ...sample } = SUPER_SAMPLE;
  return {
    ...sample,
    NodeName: name,
    ListenPort: port,
    ListenPort_EdgeAPI: apiPort,
    ListenPort_ManageAPI: '',
    API_Prefix: apiPrefix,
  };
}

const SUPERNODE_AT = 'edge.DynamicRoute.SuperNode';
/** Where the fields of a form stand in what is sent. */
export const PLACES = {
  join: {
    endpointV4: `${SUPERNODE_AT}.EndpointV4`,
    publicKeyV4: `${SUPERNODE_AT}.PubKeyV4`,
    endpointV6: `${SUPERNODE_AT}.EndpointV6`,
    publicKeyV6: `${SUPERNODE_AT}.PubKeyV6`,
    apiUrl: `${SUPERNODE_AT}.EndpointEdgeAPIUrl`,
    presharedKey: `${SUPERNODE_AT}.PSKey`,
    number: 'edge.NodeID',
    name: 'edge.NodeName',
    ipv4: 'edge.Interface.IPv4CIDR',
    ipv6: 'edge.Interface.IPv6CIDR',
    macPrefix: 'edge.Interface.MacAddrPrefix',
  } satisfies Record<keyof JoinValues, string>,
  supernode: {
    name: 'supernode.NodeName',
    port: 'supernode.ListenPort',
    apiPort: 'supernode.ListenPort_EdgeAPI',
    apiPrefix: 'supernode.API_Prefix',
  } satisfies Record<keyof SupernodeValues, string>,
} as const;

/** Locally administered, unicast (IEEE 802-2014 §8.2). */
const macPrefixOf = ([first = 0, ...others]: Iterable<number> & ArrayLike<number>): string =>
  [(first & ~1) | 2, ...others]
    .map((octet) => octet.toString(16).padStart(2, '0').toUpperCase())
    .join(':');

const trimmed = <Values extends Readonly<Record<string, string>>>(values: Values): Values =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value.trim()])) as Values;
