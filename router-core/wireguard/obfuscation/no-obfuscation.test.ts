import { obfuscationSuite } from './testing/compliance.ts';

obfuscationSuite('no obfuscation', { kind: 'none' });
obfuscationSuite('amneziawg without parameters is WireGuard', { kind: 'amneziawg' });
