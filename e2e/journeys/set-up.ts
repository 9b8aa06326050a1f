/**
 * Makes the operator of a fresh node by its one-time link.
 *
 * @module
 */
import { type APIRequestContext, expect } from '@playwright/test';
import { newClient } from './client.ts';
import { nodeOf, type Portal } from './portal.ts';

/** What the set-up page sends; a file decides about the node. Returns the operator's client. */
export async function setUp(of: Portal): Promise<APIRequestContext> {
  const client = await newClient(of);
  const { name, asn, addresses, announce, linkLocal, endpoint } = nodeOf(of.underlayPort);
  const answer = await client.post('/api/v1/setup', {
    data: {
      token: new URL(of.setupUrl()).searchParams.get('token'),
      operatorName: 'margaret',
      password: 'a long enough passphrase',
      asn,
      networkName: '',
      node: {
        name,
        place: '',
        country: '',
        addresses,
        announce,
        linkLocal,
        endpoint,
        listenPort: of.underlayPort,
      },
      registry: { kind: 'none' },
      approval: 'manual',
    },
  });
  expect(answer.status(), await answer.text()).toBe(200);
  return client;
}
