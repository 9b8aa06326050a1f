/** From AS number to routes: three stations of one cable. */
import { getTranslator } from '../_text/translator.ts';

const STEPS = ['prove', 'paste', 'watch'] as const;

export function Steps() {
  const t = getTranslator('landing');
  return (
    <section className="mt-14 lg:mt-18">
      <h2 className="font-semibold text-h1 max-md:text-h2">{t('stepsTitle')}</h2>
      <ol className="relative mt-8 grid gap-8 md:grid-cols-3 md:gap-6">
        {STEPS.map((step, at) => (
          <li className="relative max-md:pl-9 md:pt-9" key={step}>
            <span
              aria-hidden="true"
              className={
                at === STEPS.length - 1
                  ? 'absolute border-accent-edge bg-accent max-md:top-2 max-md:left-[5.5px] max-md:h-full max-md:w-[5px] max-md:border-x max-md:[mask-image:linear-gradient(black,transparent)] md:top-[5.5px] md:right-3 md:left-0 md:h-[5px] md:border-y'
                  : 'absolute border-accent-edge bg-accent max-md:top-2 max-md:-bottom-10 max-md:left-[5.5px] max-md:w-[5px] max-md:border-x md:top-[5.5px] md:-right-6 md:left-0 md:h-[5px] md:border-y'
              }
            />
            <span
              aria-hidden="true"
              className="absolute top-0 left-0 grid size-4 place-items-center rounded-full border-2 border-text bg-bg max-md:top-1"
            >
              <span className="size-1.5 rounded-full bg-text" />
            </span>
            {at === STEPS.length - 1 ? (
              <span
                aria-hidden="true"
                className="absolute top-0 right-0 size-4 rounded-full border-2 border-text bg-accent max-md:hidden"
              />
            ) : null}
            <h3 className="font-semibold text-lead">{t(`${step}.title`)}</h3>
            <p className="mt-1 max-w-[24rem] text-text-2">{t(`${step}.text`)}</p>
            <code className="mt-2.5 block font-mono text-caption text-text-2">
              {t(`${step}.example`)}
            </code>
          </li>
        ))}
      </ol>
    </section>
  );
}
