'use client';

/**
 * Words and the time of rendering for client components.
 *
 * Invariant: the first render in the browser uses the server's `renderedAt`, so that relative times
 * hydrate without a difference.
 *
 * @module
 */
import { type ComponentProps, createContext, type ReactNode } from 'react';
import { IntlProvider } from 'use-intl';

export const RenderedAt = createContext(0);

type Props = {
  readonly language: 'en';
  readonly messages: NonNullable<ComponentProps<typeof IntlProvider>['messages']>;
  readonly renderedAt: number;
  readonly children: ReactNode;
};

export function TextProvider({ language, messages, renderedAt, children }: Props) {
  return (
    <IntlProvider locale={language} messages={messages} timeZone="UTC">
      <RenderedAt value={renderedAt}>{children}</RenderedAt>
    </IntlProvider>
  );
}
