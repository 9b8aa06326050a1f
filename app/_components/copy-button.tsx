'use client';

/** Copies a value whole and says so: a tick for two seconds and a toast. Design §4 "copy field". */
import { useEffect, useState } from 'react';
import { useTranslations } from 'use-intl';
import { Button } from './button.tsx';
import { Icon } from './icon.tsx';
import { showToast } from './toast.tsx';

const TICK_MS = 2_000;

type Props = {
  readonly value: string;
  /** What is copied, for the name of the button and the toast: "the public key". */
  readonly what: string;
  /** With a word beside the icon. */
  readonly labelled?: boolean;
};

export function CopyButton({ value, what, labelled = false }: Props) {
  const t = useTranslations('ui');
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), TICK_MS);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const copy = async (): Promise<void> => {
    if (!(await copyText(value))) return;
    setCopied(true);
    showToast(t('copied', { what }));
  };
  const icon = <Icon name={isCopied ? 'check' : 'copy'} />;
  return labelled ? (
    <Button aria-label={t('copyWhat', { what })} onClick={copy} size="small">
      {icon}
      {t('copy')}
    </Button>
  ) : (
    <button
      aria-label={t('copyWhat', { what })}
      className="inline-grid size-7 shrink-0 place-items-center rounded-control text-text-2 transition-colors duration-120 hover:bg-sunken hover:text-text max-md:size-11"
      onClick={copy}
      title={t('copy')}
      type="button"
    >
      {icon}
    </button>
  );
}

/** The clipboard needs HTTPS or localhost; elsewhere a selection and the old command do. */
async function copyText(text: string): Promise<boolean> {
  if (navigator.clipboard !== undefined) {
    return navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
  }
  const area = document.createElement('textarea');
  area.value = text;
  area.style.position = 'fixed';
  area.style.opacity = '0';
  document.body.append(area);
  area.select();
  const isDone = document.execCommand('copy');
  area.remove();
  return isDone;
}
