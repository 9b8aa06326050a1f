/** Blocks in the final geometry, after 150 ms, without shimmer. Design §4 "skeleton". */
import { clsx } from 'clsx';

type Props = {
  /** Says what is being waited for. */
  readonly label: string;
  readonly rows: number;
  readonly rowClass?: string;
};

const WIDTHS = ['w-2/3', 'w-1/2', 'w-3/4', 'w-2/5'];

export function Skeleton({ label, rows, rowClass = 'h-11' }: Props) {
  return (
    <div aria-busy="true" className="animate-late" role="status">
      <span className="sr-only">{label}</span>
      {Array.from({ length: rows }, (_, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the blocks are all alike
        <div aria-hidden="true" className={clsx('flex items-center', rowClass)} key={at}>
          <span className={clsx('block h-3.5 rounded-chip bg-line', WIDTHS[at % WIDTHS.length])} />
        </div>
      ))}
    </div>
  );
}
