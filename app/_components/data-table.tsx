/**
 * A table made on the server: columns named once, rows of cells, words when there are none.
 *
 * Not standardized; design §4 "data table". Under 768 px a row becomes a block of lines: cells with
 * their head before them, empty ones left out. Sideways scrolling, where a dense
 * table needs it, happens in a focusable, named region.
 */
import { clsx } from 'clsx';
import type { ReactNode } from 'react';

export type Column<Row> = {
  readonly key: string;
  readonly head: string;
  readonly cell: (row: Row) => ReactNode;
  /** Figures stand right. */
  readonly align?: 'left' | 'right';
  /** On a phone: `lead` begins the block, `bare` stands without its head. */
  readonly onPhone?: 'lead' | 'bare';
  /** Only where there is room for all columns, from 1600 px on. */
  readonly isWide?: boolean;
};

type Props<Row> = {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  readonly dense?: boolean;
  /** Inside the table's frame when there are no rows. */
  readonly empty: ReactNode;
};

export function DataTable<Row>({ label, columns, rows, rowKey, dense, empty }: Props<Row>) {
  if (rows.length === 0) {
    return <div className="rounded-card border border-line bg-surface p-6">{empty}</div>;
  }
  const cell = dense === true ? 'md:h-8 md:px-2 md:first:pl-3 md:last:pr-3' : 'md:h-11 md:px-3';
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must take the focus (WCAG 2.1.1)
    <section aria-label={label} className="md:overflow-x-auto" tabIndex={0}>
      <table className="w-full border-collapse text-left max-md:block">
        <thead className="max-md:sr-only">
          <tr className="border-line-2 border-b">
            {columns.map(({ key, head, align, isWide }) => (
              <th
                className={clsx(
                  'whitespace-nowrap py-2 font-medium text-caption text-text-3',
                  cell,
                  align === 'right' && 'text-right',
                  isWide === true && 'max-xl:hidden',
                )}
                key={key}
                scope="col"
              >
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="max-md:block">
          {rows.map((row) => (
            <tr
              className="border-line border-b transition-colors duration-120 hover:bg-surface max-md:flex max-md:flex-wrap max-md:items-center max-md:gap-x-4 max-md:gap-y-1 max-md:py-3"
              key={rowKey(row)}
            >
              {columns.map((column) => {
                const content = column.cell(row);
                return (
                  <td
                    className={clsx(
                      'max-md:flex max-md:gap-2 md:whitespace-nowrap',
                      cell,
                      content === null && 'max-md:hidden',
                      column.align === 'right' && 'md:text-right',
                      column.isWide === true && 'max-xl:hidden',
                      column.onPhone === 'lead'
                        ? 'max-md:w-[calc(100%-96px)]'
                        : 'max-md:text-small',
                    )}
                    key={column.key}
                  >
                    {column.onPhone === undefined ? (
                      <span aria-hidden="true" className="text-text-3 md:hidden">
                        {column.head}
                      </span>
                    ) : null}
                    {content}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
