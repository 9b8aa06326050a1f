'use client';

/** 500 inside a page: the layout still stands. The digest finds the line in the log. */
import { useTranslations } from 'use-intl';
import { Button } from './_components/button.tsx';
import { FailurePage } from './_components/failure-page.tsx';

type Props = { readonly error: Error & { digest?: string }; readonly reset: () => void };

export default function PageFailed({ error, reset }: Props) {
  const t = useTranslations('failure');
  return (
    <main className="mx-auto max-w-[1280px] px-4 md:px-8 lg:px-18" id="content">
      <FailurePage
        action={
          <div className="flex gap-3">
            <Button onClick={reset} size="large" variant="primary">
              {t('tryAgain')}
            </Button>
          </div>
        }
        code="INTERNAL"
        reference={error.digest}
        text={t('internalText')}
        title={t('internalTitle')}
      />
    </main>
  );
}
