import { expect, test } from 'vitest';
import {
  challengeOf,
  everyPgpKey,
  fixtureText,
  ISSUED_AT,
  pgpKey,
  registeredKeys,
  VECTORS,
  VERIFY_AT,
  type Vector,
} from './fixtures/proof-fixtures.ts';
import { verifyPgpProof, verifySshProof } from './index.ts';

test('there are 36 vectors', () => {
  expect(VECTORS).toHaveLength(36);
});

test.each(VECTORS.map((v) => [v.id, v.reason ?? 'accept', v] as const))(
  '%s: %s',
  async (_, __, vector) => {
    expect(await verdict(vector, VERIFY_AT)).toBe(vector.reason ?? 'accept');
    if (vector.expect === 'accept')
      // With the real clock every challenge is long over.
      expect(await verdict(vector, new Date())).not.toBe('accept');
  },
);

async function verdict(vector: Vector, now: Date): Promise<string> {
  const keys = registeredKeys(vector.asn);
  const signature = fixtureText(`signatures/${vector.signature}`);
  const challenge = challengeOf(vector.asn);
  if (vector.method === 'ssh') {
    const result = verifySshProof({
      signature,
      challenge,
      usableKeys: keys.sshKeys,
      now,
      ...(vector.signedText === undefined ? {} : { otherTexts: [vector.signedText] }),
    });
    if (result.ok) expect(result.key).toBe(vector.key);
    return result.ok ? 'accept' : result.code;
  }
  const verdicts = await Promise.all(
    pastesOf(vector).map(async (publicKeyPaste) => {
      const result = await verifyPgpProof({
        signature,
        challenge,
        registeredFingerprints: keys.pgpFingerprints,
        keyCerts: keys.keyCerts,
        issuedAt: ISSUED_AT,
        now,
        ...(publicKeyPaste === undefined ? {} : { publicKeyPaste }),
      });
      if (result.ok) expect(result.fingerprint).toBe(vector.key);
      return result.ok ? 'accept' : result.code;
    }),
  );
  expect(new Set(verdicts).size).toBe(1);
  return verdicts[0] ?? '';
}

/** Whatever the person pastes, the verdict is the same. */
function pastesOf(vector: Vector): (string | undefined)[] {
  if (vector.asn === 4242426002) return [everyPgpKey(), `See:\n${pgpKey('basalt')}`];
  return [undefined, everyPgpKey()];
}
