/**
 * One network and how its owner can prove it, by the registry.
 *
 * Not standardized; portal specification §1.6, view-models.ts. Mail addresses are never shown.
 *
 * @module
 */
import 'server-only';
import type { AuthMethod } from '../../router-core/index.ts';
import type { RegistryNetwork } from '../_registry/index.ts';
import { getPortal, type Portal } from '../_router/index.ts';
import { isPortalError } from '../_text/errors.ts';
import { registryAge } from './site.ts';
import type { NetworkCard, ProofMethod } from './view-models.ts';

export async function getNetworkCard(asn: number): Promise<NetworkCard> {
  return readNetworkCard(getPortal(), asn, new Date());
}

export function readNetworkCard(portal: Portal, asn: number, now: Date): NetworkCard {
  try {
    const registry = portal.registry.getFresh(now);
    const network = registry.network(asn, now);
    if (network === undefined) return { kind: 'unknown', asn, registry: registryAge(portal) };
    return {
      kind: 'found',
      network: { asn, name: registry.shortName(asn) },
      asName: network.asName,
      maintainers: network.maintainers,
      methods: proofMethodsOf(network),
      unusable: network.methods.flatMap((method) =>
        method.usable ? [] : [{ what: wordOf(method), why: WHY[method.reason] }],
      ),
      registry: registryAge(portal),
    };
  } catch (error) {
    if (!isPortalError(error)) throw error;
    return { kind: 'unavailable', code: error.code, message: error.message };
  }
}

/** Returns the usable methods, each with what the page needs to write the command. */
export function proofMethodsOf(network: RegistryNetwork): ProofMethod[] {
  const counts = new Map<string, number>();
  // A fingerprint whose key the registry also holds would only ask for a paste nobody needs.
  const inRegistry = new Set(
    network.methods.flatMap((method) =>
      method.usable && method.kind === 'pgp' && method.keyFrom !== 'ask-user'
        ? [method.fingerprint]
        : [],
    ),
  );
  return network.methods.flatMap((method) => {
    if (!method.usable) return [];
    if (
      method.kind === 'pgp' &&
      method.keyFrom === 'ask-user' &&
      inRegistry.has(method.fingerprint)
    )
      return [];
    const maintainer = method.source.replace(/^[a-z]+\//, '');
    const prefix = `${method.kind}:${maintainer}`;
    const n = counts.get(prefix) ?? 0;
    counts.set(prefix, n + 1);
    const common = { id: `${prefix}:${n}`, method: method.kind, maintainer };
    return method.kind === 'ssh'
      ? {
          ...common,
          keyType: method.keyType,
          keyHint: (method.key.split(' ')[1] ?? '').replace(/=+$/, '').slice(-6),
          fingerprint: null,
          keyFile: KEY_FILES[method.keyType] ?? 'id_ed25519',
          needsPublicKey: false,
        }
      : {
          ...common,
          keyType: 'pgp',
          keyHint: method.fingerprint.replace(/(.{4})(?=.)/g, '$1 '),
          fingerprint: method.fingerprint,
          keyFile: null,
          needsPublicKey: method.keyFrom === 'ask-user',
        };
  });
}

/** The files `ssh-keygen` makes for each type. */
const KEY_FILES: Readonly<Record<string, string>> = {
  'ssh-ed25519': 'id_ed25519',
  'ssh-rsa': 'id_rsa',
  'ecdsa-sha2-nistp256': 'id_ecdsa',
  'ecdsa-sha2-nistp384': 'id_ecdsa',
  'ecdsa-sha2-nistp521': 'id_ecdsa',
  'sk-ssh-ed25519@openssh.com': 'id_ed25519_sk',
  'sk-ecdsa-sha2-nistp256@openssh.com': 'id_ecdsa_sk',
};

type Unusable = Extract<AuthMethod, { usable: false }>;

const WHY: Readonly<Record<Unusable['reason'], string>> = {
  MALFORMED_KEY: 'The key cannot be read.',
  WEAK_ALGORITHM: 'The key is too weak (RSA below 2048 bits).',
  SHORT_FINGERPRINT: 'A fingerprint needs all 40 digits; shorter ones can be forged.',
  KEY_CERT_MISSING: 'The registry has no key-cert object of this name.',
  FINGERPRINT_MISMATCH: 'The key in the key-cert object is another one than it says.',
  KEY_REVOKED: 'The key is revoked.',
  KEY_EXPIRED: 'The key has expired.',
  UNSUPPORTED_METHOD: 'We do not support this method.',
};

/** The first word of the line, and never what follows it: some lines hold password hashes. */
const wordOf = (method: Unusable): string => method.raw.split(/\s+/)[0] ?? method.kind;
