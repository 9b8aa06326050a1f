/**
 * Programs that talk to the API: one jar of cookies each, like curl.
 *
 * @module
 */
import { type APIRequestContext, type APIResponse, expect, request } from '@playwright/test';
import { newClientAddress } from './journey.ts';
import { signBySsh } from './keys.ts';
import { OPERATOR_TOKEN, type Portal } from './portal.ts';

export function newClient(
  portal: Portal,
  headers: Readonly<Record<string, string>> = {},
): Promise<APIRequestContext> {
  return request.newContext({
    baseURL: portal.url,
    extraHTTPHeaders: { 'x-forwarded-for': newClientAddress(), ...headers },
  });
}

export const newAutomation = (portal: Portal): Promise<APIRequestContext> =>
  newClient(portal, { authorization: `Bearer ${OPERATOR_TOKEN}` });

export type ChallengeAnswer = { readonly nonce: string; readonly text: string };

export async function askChallenge(
  client: APIRequestContext,
  asn: number,
): Promise<ChallengeAnswer> {
  const answer = await client.post('/api/v1/auth/challenges', { data: { asn } });
  expect(answer.status(), await answer.text()).toBe(200);
  return (await answer.json()) as ChallengeAnswer;
}

/** A client that has proved an AS. */
export async function newMember(
  portal: Portal,
  asn: number,
  fixture: string,
): Promise<APIRequestContext> {
  const client = await newClient(portal);
  const { nonce, text } = await askChallenge(client, asn);
  const answer = await client.post('/api/v1/auth/verify', {
    data: { nonce, method: 'ssh', signature: await signBySsh(fixture, text) },
  });
  expect(answer.status(), await answer.text()).toBe(200);
  return client;
}

/** A refusal is a problem document with our code, and nothing of our inside. */
export async function expectProblem(answer: APIResponse, status: number, code: string) {
  const text = await answer.text();
  expect(`${answer.status()} ${text}`).toMatch(new RegExp(`^${status} `));
  expect(answer.headers()['content-type']).toBe('application/problem+json');
  const problem = JSON.parse(text) as {
    readonly type: string;
    readonly title: string;
    readonly detail: string;
    readonly code: string;
    readonly errors?: readonly { readonly code: string; readonly path: string }[];
  };
  expect(problem).toMatchObject({ status, code });
  expect(problem.type).toMatch(/^https:.*#[a-z0-9_]+$/);
  expect(problem.title.length).toBeGreaterThan(0);
  expect(problem.detail.length).toBeGreaterThan(0);
  expect(text).not.toMatch(/\.ts:|node_modules|Error:|\bat \w+ \(/);
  return problem;
}
