/** WireGuard: what other rooms may use. */

// primitives
export type {
  CipherKey,
  HandshakePrimitives,
  KeyAgreement,
  PacketCipher,
  PrivateKey,
  PublicKey,
  WireguardCrypto,
} from './crypto.ts';
// the device
export { createWireguardDevice } from './device.ts';
export type {
  WireguardDevice,
  WireguardDeviceOptions,
  WireguardPeerChange,
  WireguardPeerConfig,
  WireguardPeerView,
} from './device-contract.ts';
export type { WireguardEvent } from './events.ts';
// framing
export { type Framing, WIREGUARD_FRAMING } from './framing.ts';
export { HANDSHAKE_CHECKED } from './handshake-gate.ts';
export { KEY_PAIR_ROWS } from './limits.ts';
export { createNobleCrypto } from './noble-crypto.ts';
// obfuscation
export {
  LEFT_OUT,
  type ObfuscationConfig,
  PacketForms,
} from './obfuscation/index.ts';
export type { OpenedMessage } from './plane-link.ts';
export type { FormsListener } from './socket-forms.ts';
export { isTimestamp } from './tai64n.ts';
export { NOT_STAGED } from './transport.ts';
