/**
 * A table somebody publishes as text, in a file or at a URL: read, judged against the last, kept.
 *
 * Standard: none; the formats are those of registry/roa-text.ts (DN42's `dn42_roa_46.json`, BIRD 2 and 1,
 * OpenBGPD).
 *
 *   text ─► entries? ─► not too few? ─► in use, kept on disk
 *              └────────────┴──────────► refused: the last table stays
 *
 * @module
 */
import { RouterError, type RouterErrorCode } from '../../base/errors.ts';
import { parseRoas } from '../../registry/index.ts';
import { systemClock } from '../system-clock.ts';
import { keepTable, keptTablePath, readKeptTable } from './kept-table.ts';
import { ROA_LOSS_MAX } from './limits.ts';
import type { SourceContext, SourceState, SourceTable } from './source.ts';

export class PublishedTable {
  private readonly source: string;
  private readonly context: SourceContext;
  private table: SourceTable | undefined;
  private text: string | undefined;
  private words = 'not read yet';

  constructor(source: string, context: SourceContext) {
    this.source = source;
    this.context = context;
    this.table = readKeptTable(context.folder, source);
    if (this.table !== undefined) this.words = 'kept from before';
  }

  state(): SourceState {
    return { table: this.table, isExpired: false, state: this.words };
  }

  /** Takes what the source says. @throws RouterError `ROA_UNAVAILABLE`, `ROA_SHRANK`: the last table stays */
  take(text: string): void {
    if (text === this.text) {
      this.confirmed();
      return;
    }
    const { roas, badEntries } = parseRoas(text);
    if (roas.length === 0)
      throw new RouterError('ROA_UNAVAILABLE', `${this.source} has no ROA in any format we know.`);
    const before = this.table?.roas.length ?? 0;
    if (roas.length < before * (1 - ROA_LOSS_MAX))
      throw new RouterError(
        'ROA_SHRANK',
        `${this.source} has ${roas.length} ROAs and had ${before}; the last table stays in use. Remove ${keptTablePath(this.context.folder, this.source)} and restart the node if the loss is meant.`,
      );
    this.text = text;
    this.words = badEntries === 0 ? 'read' : `read, ${badEntries} entries are no ROA`;
    this.use({ roas, updatedAt: systemClock.now() });
    const { log } = this.context;
    log('info', 'ROAs read', { source: this.source, roas: roas.length, badEntries });
  }

  /** The source says what it said. */
  confirmed(): void {
    if (this.table === undefined) return;
    this.table = { ...this.table, updatedAt: systemClock.now() };
    this.context.changed();
  }

  /** The source cannot be read, or what it says is refused. */
  failed(error: unknown): void {
    const code: RouterErrorCode = error instanceof RouterError ? error.code : 'ROA_UNAVAILABLE';
    const words = reasonOf(error);
    if (words !== this.words)
      this.context.log('warn', 'ROAs cannot be read', { code, source: this.source, cause: words });
    this.words = words;
    this.context.changed();
  }

  private use(table: SourceTable): void {
    this.table = table;
    try {
      keepTable(this.context.folder, this.source, table);
    } catch (error) {
      this.context.log('warn', 'a ROA table cannot be kept', {
        source: this.source,
        cause: (error as Error).message,
      });
    }
    this.context.changed();
  }
}

/** fetch hides why a connection failed in `cause`. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}
