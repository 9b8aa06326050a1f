/** Obfuscations: what the device, the packet workers and the configuration use. */

// forms
export { createObfuscation, obfuscatedMtu } from './build.ts';
// bounds
export { FORMS_PER_SOCKET, WINDOW_BYTES_INITIAL } from './limits.ts';
// kinds of messages
export {
  COOKIE_REPLY_KIND,
  INITIATION_KIND,
  type MessageKind,
  NO_MESSAGE,
  RESPONSE_KIND,
  TRANSPORT_KIND,
} from './message-kind.ts';
export { LEFT_OUT, type Obfuscation, WRAPPED, type WrapResult } from './obfuscation.ts';
// configuration
export {
  checkObfuscation,
  OBFUSCATION_SCHEMA,
  type ObfuscationConfig,
  obfuscationIdentity,
} from './options.ts';
export { PacketForms } from './packet-forms.ts';
