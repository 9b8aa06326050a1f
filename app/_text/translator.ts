/**
 * Words for server components. English is the only language there is; a second one is a file in
 * `messages/` and a choice here.
 *
 * Client components use `useTranslations` of use-intl, fed by text-provider.tsx with the namespaces
 * of CLIENT_NAMESPACES and no others.
 *
 * @module
 */
import { createTranslator, type NamespaceKeys, type NestedKeyOf } from 'use-intl/core';
import english from './messages/en.json' with { type: 'json' };

export const LANGUAGE = 'en';
type Messages = typeof english;

const CLIENT_NAMESPACES = [
  'ui',
  'state',
  'peering',
  'rejection',
  'form',
  'signIn',
  'operator',
  'meshDesk',
  'setup',
  'failure',
] as const satisfies readonly (keyof Messages)[];

export const getTranslator = <
  const Namespace extends NamespaceKeys<Messages, NestedKeyOf<Messages>> = never,
>(
  namespace?: Namespace,
) =>
  createTranslator<Messages, Namespace>({
    locale: LANGUAGE,
    messages: english,
    timeZone: 'UTC',
    ...(namespace === undefined ? {} : { namespace }),
  });

/** The part of the messages that client components need. */
export const clientMessages = Object.fromEntries(
  CLIENT_NAMESPACES.map((namespace) => [namespace, english[namespace]]),
) as Pick<Messages, (typeof CLIENT_NAMESPACES)[number]>;
