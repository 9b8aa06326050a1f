/** 404: no page, or a peering that belongs to another AS. */
import { ButtonLink } from './_components/button.tsx';
import { FailurePage } from './_components/failure-page.tsx';
import { PublicFrame } from './_components/public-frame.tsx';
import { getTranslator } from './_text/translator.ts';

export function generateMetadata() {
  return { title: getTranslator('failure')('notFoundTitle') };
}

export default function NotFound() {
  const t = getTranslator('failure');
  return (
    <PublicFrame>
      <FailurePage
        action={
          <ButtonLink href="/" size="large" variant="primary">
            {t('startPage')}
          </ButtonLink>
        }
        code="PAGE_NOT_FOUND"
        text={t('notFoundText')}
        title={t('notFoundTitle')}
      />
    </PublicFrame>
  );
}
