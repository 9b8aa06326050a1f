/** A node in numbers, with the restart of its router. */
import { KeyValueList } from '../../../_components/key-value-list.tsx';
import { StatusChip } from '../../../_components/status-chip.tsx';
import { Age } from '../../../_components/time.tsx';
import type { AdminNode } from '../../../_queries/view-models.ts';
import {
  formatBytes,
  formatCommit,
  formatCount,
  formatDuration,
  formatMilliseconds,
} from '../../../_text/format.ts';
import { getTranslator } from '../../../_text/translator.ts';
import { RestartRouter } from './restart-router.tsx';

const CHIP = { up: 'ok', starting: 'busy', down: 'down', maintenance: 'held' } as const;

export function NodeHealth({ node }: { readonly node: AdminNode }) {
  const t = getTranslator('admin');
  const { health, registry } = node;
  const mono = (text: string) => <span className="font-mono text-small">{text}</span>;
  return (
    <section
      aria-labelledby={`node-${node.name}`}
      className="rounded-card border border-line bg-surface p-5"
    >
      <div className="mb-3 flex flex-wrap items-center gap-x-4 gap-y-2">
        <h2 className="font-semibold text-section" id={`node-${node.name}`}>
          {node.place ?? node.name}
        </h2>
        <StatusChip kind={CHIP[node.state]}>{t(`nodeState.${node.state}`)}</StatusChip>
        <span className="ml-auto">
          <RestartRouter node={node.name} />
        </span>
      </div>
      {node.stateReason === null ? null : <p className="mb-3 text-text-2">{node.stateReason}</p>}
      <div className="grid gap-x-10 md:grid-cols-2">
        <KeyValueList
          align="right"
          rows={[
            {
              label: t('uptime'),
              value: mono(health === null ? t('none') : formatDuration(health.uptimeSeconds)),
            },
            {
              label: t('loopDelay'),
              value: mono(health === null ? t('none') : formatMilliseconds(health.loopDelayMs)),
            },
            {
              label: t('memory'),
              value: mono(
                health?.memoryBytes == null ? t('none') : formatBytes(health.memoryBytes),
              ),
            },
            { label: t('restarts'), value: mono(formatCount(health?.restarts ?? 0)) },
          ]}
        />
        <KeyValueList
          align="right"
          rows={[
            {
              label: t('routes'),
              value: mono(`${formatCount(node.routes.ipv4)} + ${formatCount(node.routes.ipv6)}`),
            },
            { label: t('roas'), value: mono(formatCount(registry?.roas ?? 0)) },
            {
              label: t('registry'),
              value:
                registry?.checkedAt == null ? (
                  t('none')
                ) : (
                  <span className="font-mono text-small">
                    {formatCommit(registry.commit ?? '')} · <Age at={registry.checkedAt} />
                  </span>
                ),
            },
          ]}
        />
      </div>
    </section>
  );
}
