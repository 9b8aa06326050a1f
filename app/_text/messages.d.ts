/** Keys of messages are checked by the compiler against the English file. */
import type english from './messages/en.json';

declare module 'use-intl' {
  interface AppConfig {
    Messages: typeof english;
    Locale: 'en';
  }
}
